# cadre_add_agent(NAME MANIFEST file.json SOURCES a.cpp b.cpp [LINK targets...] [OUTPUT_DIRECTORY dir])
#
# Builds a plugin that can be unloaded: one exported symbol, hidden visibility, no unique symbols, everything bound at load.
# After every build the manifest is stamped with the library's file name, SHA-256 and range of ABIs and written beside it,
# so that the pair is what `cadre --agents DIR` finds.

# What a static library linked into a plugin needs.
function(cadre_unloadable target)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
    C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique> -ffp-contract=off)
endfunction()

function(cadre_add_agent name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MANIFEST;OUTPUT_DIRECTORY" "SOURCES;LINK")
  if(NOT arg_MANIFEST OR NOT arg_SOURCES)
    message(FATAL_ERROR "cadre_add_agent(${name}): MANIFEST and SOURCES are needed")
  endif()
  if(NOT arg_OUTPUT_DIRECTORY)
    set(arg_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/agents)
  endif()
  get_filename_component(manifest ${arg_MANIFEST} ABSOLUTE)
  get_filename_component(manifest_name ${manifest} NAME)

  add_library(${name} MODULE ${arg_SOURCES})
  cadre_unloadable(${name})
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${arg_OUTPUT_DIRECTORY}
    LINK_DEPENDS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map;${manifest}")
  target_link_libraries(${name} PRIVATE ${arg_LINK} Cadre::Sdk)
  target_link_options(${name} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map -Wl,-Bsymbolic -Wl,-z,now)
  if(NOT CADRE_SANITIZE) # a sanitizer's runtime is in the program, so the plugin cannot resolve it by itself
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  add_custom_command(TARGET ${name} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DMANIFEST=${manifest} -DLIBRARY=$<TARGET_FILE:${name}>
      -DOUTPUT=${arg_OUTPUT_DIRECTORY}/${manifest_name} -DTRUSTED=${CADRE_TRUSTED_AGENTS} -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/StampManifest.cmake
    VERBATIM)
endfunction()
