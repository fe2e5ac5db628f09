# `cpack -G DEB` in the build folder: cadre_VERSION_ARCH.deb, the host, and cadre-sdk_VERSION_ARCH.deb, what agents are built with.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cadre)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "trade-execution host with hot-reloadable agents")
set(CPACK_PACKAGE_CONTACT "The Cadre maintainers <maintainers@cadre.invalid>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON) # of the programs; agents are files, and keep the bytes their manifests name
set(CPACK_COMPONENTS_ALL Cadre CadreSdk)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_CADRE_PACKAGE_NAME cadre)
set(CPACK_DEBIAN_CADRE_PACKAGE_SECTION misc)
set(CPACK_DEBIAN_CADRE_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_CADRE_PACKAGE_DEPENDS
  "init-system-helpers (>= 1.54), systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_CADRE_PACKAGE_SUGGESTS "cadre-sdk, prometheus")
set(CPACK_DEBIAN_CADRE_DESCRIPTION "Strategies send signals; a chain of agents turns signals and portfolio into
orders; an execution environment fills them. Backtests, paper trading, and
experiments of two versions; every run is journaled and can be replayed.
.
This package has the host with its agents, and runs it as a service.")
set(CPACK_DEBIAN_CADRE_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_LIST_DIR}/debian/postinst ${CMAKE_CURRENT_LIST_DIR}/debian/prerm
  ${CMAKE_CURRENT_LIST_DIR}/debian/postrm ${CMAKE_CURRENT_LIST_DIR}/debian/conffiles)

set(CPACK_DEBIAN_CADRESDK_PACKAGE_NAME cadre-sdk)
set(CPACK_DEBIAN_CADRESDK_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_CADRESDK_PACKAGE_DEPENDS "cmake (>= 3.25), libeigen3-dev (>= 3.4)")
set(CPACK_DEBIAN_CADRESDK_PACKAGE_RECOMMENDS "cadre, g++")
set(CPACK_DEBIAN_CADRESDK_PACKAGE_SUGGESTS "libboost-json1.81-dev, python3-dev, python3-numpy")
set(CPACK_DEBIAN_CADRESDK_DESCRIPTION "What an author of agents builds with: the C ABI, the C++ wrapper, the
mathematics, a fake host for tests, and find_package(CadreSdk) for CMake.")
include(CPack)
