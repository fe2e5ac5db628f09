# cmake --install BUILD --prefix P --component CadreSdk: what an author outside this tree finds with find_package(CadreSdk).
# Every part has an export file of its own, so that the C headers come without what the C++ parts depend on.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/CadreSdk)

# cadre_install_part(target ExportedName headers...)
function(cadre_install_part target name)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS ${target} EXPORT Cadre${name}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT CadreSdk)
  install(EXPORT Cadre${name} NAMESPACE Cadre:: FILE Cadre${name}.cmake DESTINATION ${package_folder} COMPONENT CadreSdk)
  foreach(headers IN LISTS ARGN)
    install(DIRECTORY ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT CadreSdk)
  endforeach()
endfunction()

cadre_install_part(cadre_sdk Sdk ${CMAKE_CURRENT_SOURCE_DIR}/include/)
cadre_install_part(cadre_sdk_cpp SdkCpp ${CMAKE_CURRENT_SOURCE_DIR}/cpp/include/)
cadre_install_part(cadre_quant Quant ${CMAKE_CURRENT_SOURCE_DIR}/quant/include/)
if(TARGET cadre_sdk_testing)
  cadre_install_part(cadre_sdk_testing SdkTesting ${CMAKE_CURRENT_SOURCE_DIR}/testing/include/)
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/CadreSdkConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/CadreSdkConfig.cmake
  INSTALL_DESTINATION ${package_folder} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/CadreSdkConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/CadreSdkConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/CadreSdkConfigVersion.cmake
    ${CMAKE_CURRENT_LIST_DIR}/CadreAgent.cmake ${CMAKE_CURRENT_LIST_DIR}/StampManifest.cmake ${CMAKE_CURRENT_LIST_DIR}/plugin.map
  DESTINATION ${package_folder} COMPONENT CadreSdk)
install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/template/ DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/cadre/template
  COMPONENT CadreSdk)
