# What cpack makes: .deb and .rpm split as distributions do (programs; library; what others compile against), and one
# .tar.gz that runs as it lies. tools/package makes them for this machine's distribution.
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs)
file(GLOB example_configurations CONFIGURE_DEPENDS examples/*.conf)
install(FILES ${example_configurations} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT programs)
install(DIRECTORY examples/docker DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT programs)
install(DIRECTORY examples/custom-listener DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT development)

set(CPACK_GENERATOR TGZ)
find_program(KEENLANCE_DPKG_SHLIBDEPS dpkg-shlibdeps)
find_program(KEENLANCE_RPMBUILD rpmbuild)
mark_as_advanced(KEENLANCE_DPKG_SHLIBDEPS KEENLANCE_RPMBUILD)
if(KEENLANCE_DPKG_SHLIBDEPS)
    list(APPEND CPACK_GENERATOR DEB)
endif()
if(KEENLANCE_RPMBUILD)
    list(APPEND CPACK_GENERATOR RPM)
endif()

set(KEENLANCE_PACKAGER "The keenlance maintainers <maintainers@keenlance.example>" CACHE STRING
    "Who answers for the packages: name and address")
set(CPACK_PACKAGE_NAME keenlance)
set(CPACK_PACKAGE_VENDOR keenlance)
set(CPACK_PACKAGE_CONTACT ${KEENLANCE_PACKAGER})
set(CPACK_PACKAGE_FILE_NAME keenlance-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL programs library development)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_ARCHIVE_COMPONENT_INSTALL OFF)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/packaging/settings.cmake)

set(CPACK_COMPONENT_PROGRAMS_DESCRIPTION
"native event listeners and commands for supervisord
Programs for people who run processes under supervisord: memmon restarts what
uses too much memory, httpok what does not answer well, crashmail and its kin
tell of crashes, essential ends a container with its program, and
ordered-startup-listener starts programs in the order of their dependencies.
quickctl starts, stops, restarts and rolls processes all at once.
.
They take the command lines of superlance, ordered-startup-supervisord,
supervisord-dependent-startup, supervisor-quick and supervisor-restarter.")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
"library for event listeners of supervisord
The event protocol of supervisord, its XML-RPC interface, configuration files,
delivery of notifications, and a loop around it all that turns a policy into
an event listener.
.
The programs of keenlance are built on it.")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"library for event listeners of supervisord - development files
The event protocol of supervisord, its XML-RPC interface, configuration files,
delivery of notifications, and a loop around it all that turns a policy into
an event listener.
.
What is needed to compile a listener of one's own: headers, files for
find_package and pkg-config, and an example.")

# What the scripts in packaging/ ask for.
get_target_property(library_soversion keenlance SOVERSION)
set(CPACK_KEENLANCE_LIBRARY libkeenlance${library_soversion})
set(CPACK_KEENLANCE_SOURCE ${PROJECT_SOURCE_DIR})
set(CPACK_KEENLANCE_LIBDIR ${CMAKE_INSTALL_LIBDIR})
set(CPACK_KEENLANCE_ARCHITECTURE "${CMAKE_LIBRARY_ARCHITECTURE}")
if(libcurl_soname)
    set(CPACK_KEENLANCE_LIBCURL ${libcurl_file})
    set(CPACK_KEENLANCE_LIBCURL_VERSION ${CURL_VERSION_STRING})
    set(libcurl_marking)
    if(CMAKE_SIZEOF_VOID_P EQUAL 8)
        set(libcurl_marking "()(64bit)")
    endif()
    set(CPACK_RPM_LIBRARY_PACKAGE_REQUIRES "${libcurl_soname}${libcurl_marking}")
endif()
string(TIMESTAMP CPACK_KEENLANCE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)

set(CPACK_DEB_COMPONENT_INSTALL ON)
# As Ubuntu counts: older than a package that Debian makes of the same version.
set(CPACK_DEBIAN_PACKAGE_RELEASE 0upstream1)
set(CPACK_DEBIAN_PACKAGE_SOURCE keenlance)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME keenlance)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_RECOMMENDS supervisor)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SUGGESTS "default-mta | mail-transport-agent, bash-completion")
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/packaging/debian/postinst ${PROJECT_SOURCE_DIR}/packaging/debian/prerm)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${CPACK_KEENLANCE_LIBRARY})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
# With its own eyes on the library, CPack adds maintainer scripts that Debian has left for triggers: tree.cmake finds
# its dependencies.
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libkeenlance-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)

set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE MIT)
set(CPACK_RPM_PROGRAMS_PACKAGE_NAME keenlance)
set(CPACK_RPM_LIBRARY_PACKAGE_NAME keenlance-libs)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_NAME keenlance-devel)
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
    /usr/${CMAKE_INSTALL_MANDIR} /usr/${CMAKE_INSTALL_MANDIR}/man1 /usr/${CMAKE_INSTALL_MANDIR}/man7
    /usr/${CMAKE_INSTALL_DATADIR}/bash-completion /usr/${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    /usr/${CMAKE_INSTALL_DATADIR}/zsh /usr/${CMAKE_INSTALL_DATADIR}/zsh/site-functions
    /usr/${CMAKE_INSTALL_LIBDIR}/cmake /usr/${CMAKE_INSTALL_LIBDIR}/pkgconfig)

include(CPack)
