# Writes man pages, completions and Debian's changelog below OUTPUT. CADRE: the program; GZIP; VERSION; SOURCES: this folder.
set(ENV{CADRE_AGENTS} "")
file(REMOVE_RECURSE ${OUTPUT}/man1 ${OUTPUT}/man8)
file(MAKE_DIRECTORY ${OUTPUT}/completions ${OUTPUT}/man8)
execute_process(COMMAND ${CADRE} reference --man ${OUTPUT}/man1 COMMAND_ERROR_IS_FATAL ANY)
configure_file(${SOURCES}/cadre.service.8 ${OUTPUT}/man8/cadre.service.8 COPYONLY)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # of SOURCE_DATE_EPOCH, where that is set
set(version ${VERSION})
configure_file(${SOURCES}/debian/changelog.in ${OUTPUT}/changelog @ONLY)
file(GLOB pages ${OUTPUT}/man1/*.1 ${OUTPUT}/man8/*.8)
# Without a name and a time of day: the same bytes from the same sources.
execute_process(COMMAND ${GZIP} --best --no-name --force ${pages} ${OUTPUT}/changelog COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CADRE} completion bash OUTPUT_FILE ${OUTPUT}/completions/cadre COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CADRE} completion zsh OUTPUT_FILE ${OUTPUT}/completions/_cadre COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CADRE} completion fish OUTPUT_FILE ${OUTPUT}/completions/cadre.fish COMMAND_ERROR_IS_FATAL ANY)
