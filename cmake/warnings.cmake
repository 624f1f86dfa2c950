# What every target of this project is compiled with. Dependencies are included as SYSTEM and stay out of it.
add_library(keenlance_flags INTERFACE)
target_compile_options(keenlance_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
    -Wcast-qual -Woverloaded-virtual -Wformat=2
    # g++ 12 takes moves of std::variant for reads of uninitialised storage (GCC bug 80635 and its kin).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
# Where they are of 32 bit by default: sizes of files, and their inodes, of which some file systems give longer ones.
target_compile_definitions(keenlance_flags INTERFACE _FILE_OFFSET_BITS=64)
if(KEENLANCE_SANITIZE)
    target_compile_options(keenlance_flags INTERFACE
        -fsanitize=${KEENLANCE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(keenlance_flags INTERFACE -fsanitize=${KEENLANCE_SANITIZE})
endif()
if(KEENLANCE_COVERAGE)
    target_link_options(keenlance_flags INTERFACE --coverage)
endif()
if(KEENLANCE_FUZZ)
    target_compile_options(keenlance_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
