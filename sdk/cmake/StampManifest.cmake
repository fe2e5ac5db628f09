# Writes OUTPUT: MANIFEST with "library": the file name and SHA-256 of LIBRARY, which lies beside OUTPUT.
file(READ ${MANIFEST} text)
file(SHA256 ${LIBRARY} digest)
get_filename_component(file ${LIBRARY} NAME)
string(JSON text SET "${text}" library "{\"path\": \"${file}\", \"sha256\": \"${digest}\"}")
file(WRITE ${OUTPUT}.new "${text}\n")
file(RENAME ${OUTPUT}.new ${OUTPUT})
