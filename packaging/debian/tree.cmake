# Run by cpack when the files of the .debs lie in their staging folders: what Debian's policy wants otherwise than
# `cmake --install` does it.
set(programs ${CPACK_TEMPORARY_DIRECTORY}/programs/usr)
set(library ${CPACK_TEMPORARY_DIRECTORY}/library/usr)
set(development ${CPACK_TEMPORARY_DIRECTORY}/development/usr)
set(version ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# In /usr/lib the loader looks by itself.
file(GLOB binaries ${programs}/bin/* ${library}/${CPACK_KEENLANCE_LIBDIR}/*.so.*)
foreach(binary IN LISTS binaries)
    if(NOT IS_SYMLINK ${binary})
        file(RPATH_REMOVE FILE ${binary})
        run(strip --remove-section=.comment --remove-section=.note ${binary})
    endif()
endforeach()

# The library's own control files: what it needs, what programs linked with it need, and who updates the loader's cache.
set(control ${CPACK_TEMPORARY_DIRECTORY}/control)
file(WRITE ${control}/debian/control "")
file(GLOB library_file ${library}/${CPACK_KEENLANCE_LIBDIR}/*.so.${CPACK_PACKAGE_VERSION})
execute_process(COMMAND dpkg-shlibdeps -O ${library_file} WORKING_DIRECTORY ${control}
    OUTPUT_VARIABLE needs OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "^shlibs:Depends=" "" CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "${needs}")
if(CPACK_KEENLANCE_LIBCURL)
    # It is loaded when it is first needed: dpkg-shlibdeps does not see that.
    file(REAL_PATH ${CPACK_KEENLANCE_LIBCURL} libcurl)
    execute_process(COMMAND dpkg-query -S ${libcurl} OUTPUT_VARIABLE owner COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCH "^[^:]+" owner "${owner}")
    string(APPEND CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS ", ${owner} (>= ${CPACK_KEENLANCE_LIBCURL_VERSION})")
endif()
string(REGEX REPLACE "^libkeenlance" "" soversion ${CPACK_KEENLANCE_LIBRARY})
file(WRITE ${control}/shlibs "libkeenlance ${soversion} ${CPACK_KEENLANCE_LIBRARY} (>= ${CPACK_PACKAGE_VERSION})\n")
file(WRITE ${control}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${control}/shlibs ${control}/triggers)

# A page that is a link names another one, which has a new name now.
file(GLOB pages ${programs}/share/man/man*/*)
foreach(page IN LISTS pages)
    if(IS_SYMLINK ${page})
        file(READ_SYMLINK ${page} target)
        file(CREATE_LINK ${target}.gz ${page}.gz SYMBOLIC)
        file(REMOVE ${page})
    else()
        run(gzip -9n ${page})
    endif()
endforeach()

# Debian's zsh and python3 look here, and only here.
file(MAKE_DIRECTORY ${programs}/share/zsh)
file(RENAME ${programs}/share/zsh/site-functions ${programs}/share/zsh/vendor-completions)
file(GLOB python_folders ${programs}/lib/python3.*/dist-packages)
foreach(folder IN LISTS python_folders)
    file(MAKE_DIRECTORY ${programs}/lib/python3)
    file(RENAME ${folder} ${programs}/lib/python3/dist-packages)
    get_filename_component(parent ${folder} DIRECTORY)
    file(REMOVE_RECURSE ${parent})
endforeach()

# Each package has its own folder below doc/, with both changelogs and the license as Debian writes it.
file(MAKE_DIRECTORY ${development}/share/doc/libkeenlance-dev)
file(RENAME ${development}/share/doc/keenlance/examples ${development}/share/doc/libkeenlance-dev/examples)
file(REMOVE_RECURSE ${development}/share/doc/keenlance)
file(REMOVE ${programs}/share/doc/keenlance/LICENSE ${programs}/share/doc/keenlance/CHANGELOG.md)

file(READ ${CPACK_KEENLANCE_SOURCE}/LICENSE license)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]*)\n\n(.*)\n$" matched "${license}")
set(holder ${CMAKE_MATCH_1})
string(REGEX REPLACE "\n\n" "\n.\n" license "${CMAKE_MATCH_2}")
string(REGEX REPLACE "\n" "\n " license "${license}")
foreach(package IN ITEMS programs/keenlance library/${CPACK_KEENLANCE_LIBRARY} development/libkeenlance-dev)
    get_filename_component(component ${package} DIRECTORY)
    get_filename_component(name ${package} NAME)
    set(doc ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr/share/doc/${name})
    file(WRITE ${doc}/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: keenlance

Files: *
Copyright: ${holder}
License: Expat

License: Expat
 ${license}
")
    file(WRITE ${doc}/changelog.Debian
"keenlance (${version}) unstable; urgency=medium

  * Packaged by cpack; what is new is told in changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${CPACK_KEENLANCE_DATE}
")
    configure_file(${CPACK_KEENLANCE_SOURCE}/CHANGELOG.md ${doc}/changelog COPYONLY)
    run(gzip -9nf ${doc}/changelog.Debian ${doc}/changelog)
endforeach()
