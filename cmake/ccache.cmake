# What has been compiled alike before, in whichever build directory, is not compiled again. That holds for paths below
# this folder: they are relative to the build directory, for which debugging information may name another one.
find_program(KEENLANCE_CCACHE ccache DOC "Remembers what has been compiled")
mark_as_advanced(KEENLANCE_CCACHE)
if(KEENLANCE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${KEENLANCE_CCACHE})
endif()
