# Writes OUTPUT: MANIFEST with "library": the file name and SHA-256 of LIBRARY, which lies beside OUTPUT, and with "abi":
# from ABI_OLDEST, unless it says itself that it needs something newer, to ABI, which it is built with.

# As cadre/abi.h says: the ABI of these headers, and the oldest that a host with them runs.
set(ABI 0.10)
set(ABI_OLDEST 0.10)

file(READ ${MANIFEST} text)
file(SHA256 ${LIBRARY} digest)
get_filename_component(file ${LIBRARY} NAME)
string(JSON text SET "${text}" library "{\"path\": \"${file}\", \"sha256\": \"${digest}\"}")
string(JSON least ERROR_VARIABLE none GET "${text}" abi min)
if(none)
  set(least ${ABI_OLDEST})
endif()
string(JSON text SET "${text}" abi "{\"min\": \"${least}\", \"max\": \"${ABI}\"}")
# Within the host's own build: what it may run in its process unasked.
if(TRUSTED)
  string(SHA256 name "${LIBRARY}")
  file(WRITE ${TRUSTED}/${name}.new "${digest}")
  file(RENAME ${TRUSTED}/${name}.new ${TRUSTED}/${name})
endif()
file(WRITE ${OUTPUT}.new "${text}\n")
file(RENAME ${OUTPUT}.new ${OUTPUT})
