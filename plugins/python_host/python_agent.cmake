# cadre_add_python_agent(NAME SCRIPT agent.py MANIFEST agent.json [OUTPUT_DIRECTORY dir])
#
# A plugin whose agents are classes of one file in Python: the library has the file's text in it, since the sandbox of an isolated agent
# lets no file be read once the library is loaded, and so that the library's SHA-256 stands for the text as well. The manifest says which agents there
# are; each has one role of those that can be played in Python. Needs the targets of plugins/python_host.

# Sets `declared` of the caller to the agents of the manifest, as C++.
function(cadre_python_declared name text)
  set(played cadre.trade_adjuster/1 cadre.position_sizer/1 cadre.signal_source/1) # as method_of in instance.cpp
  set(lines "")
  string(JSON count LENGTH "${text}" agents)
  math(EXPR last "${count} - 1")
  foreach(k RANGE ${last})
    string(JSON id GET "${text}" agents ${k} id)
    string(JSON role GET "${text}" agents ${k} roles 0)
    if(NOT role IN_LIST played)
      message(FATAL_ERROR "cadre_add_python_agent(${name}): ${id} has the role ${role}; in Python there are ${played}")
    endif()
    string(JSON schema ERROR_VARIABLE none GET "${text}" agents ${k} state schema_version)
    if(none)
      set(schema 0)
    endif()
    string(APPEND lines "{\"${id}\", \"${role}\", ${schema}}, ")
  endforeach()
  set(declared "${lines}" PARENT_SCOPE)
endfunction()

function(cadre_add_python_agent name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SCRIPT;MANIFEST;OUTPUT_DIRECTORY" "")
  if(NOT arg_SCRIPT OR NOT arg_MANIFEST)
    message(FATAL_ERROR "cadre_add_python_agent(${name}): SCRIPT and MANIFEST are needed")
  endif()
  if(NOT arg_OUTPUT_DIRECTORY)
    set(arg_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/python_agents)
  endif()
  get_filename_component(script ${arg_SCRIPT} ABSOLUTE)
  get_filename_component(script_name ${script} NAME)
  get_filename_component(manifest ${arg_MANIFEST} ABSOLUTE)
  get_filename_component(manifest_name ${manifest} NAME)
  # What the manifest says is compiled in: read it again when it changes.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
  file(READ ${manifest} text)
  string(JSON plugin_id GET "${text}" id)
  string(JSON plugin_version GET "${text}" version)
  cadre_python_declared(${name} "${text}")
  set(entry ${CMAKE_CURRENT_BINARY_DIR}/${name}_entry.cpp)
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/entry.cpp.in ${entry} @ONLY)
  set_source_files_properties(${entry} PROPERTIES OBJECT_DEPENDS ${script})
  cadre_add_agent(${name} MANIFEST ${manifest} SOURCES ${entry} OUTPUT_DIRECTORY ${arg_OUTPUT_DIRECTORY}
    LINK cadre_python_host $<TARGET_NAME_IF_EXISTS:cadre_flags>)
endfunction()
