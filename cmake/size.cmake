# A listener's memory is its code, above all, and it starts as fast as that is read: programs and library are optimized
# for size, which halves them. What has to be fast is told so by optimize_for_speed().
macro(compile_what_is_installed)  # in this directory
    if(KEENLANCE_COVERAGE)
        # Counts are added up atomically: several programs write into one file, and mails have threads.
        add_compile_options(-O0 --coverage -fprofile-update=atomic)
    elseif(NOT KEENLANCE_SANITIZE)
        add_compile_options($<$<NOT:$<CONFIG:Debug>>:-Os>)
    endif()
endmacro()
add_compile_options(-ffunction-sections -fdata-sections)
include(CheckLinkerFlag)
check_linker_flag(CXX -Wl,--gc-sections keenlance_can_collect_sections)
if(keenlance_can_collect_sections)
    add_link_options(-Wl,--gc-sections)
endif()

function(optimize_for_speed)
    if(NOT KEENLANCE_COVERAGE)
        set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O2>)
    endif()
endfunction()

# A machine brings code into memory in pieces of 64 KB, and what a listener runs is a seventh of the library, a little of
# it in every piece. tools/order-code finds out what it runs; this puts it side by side.
set(listeners_first ${PROJECT_SOURCE_DIR}/cmake/listeners_first.ld)
check_linker_flag(CXX -Wl,-T,${listeners_first} keenlance_can_place_code)
function(place_listeners_code_first target)
    if(KEENLANCE_ORDER_CODE AND keenlance_can_place_code AND NOT KEENLANCE_SANITIZE
       AND NOT KEENLANCE_COVERAGE)
        target_link_options(${target} PRIVATE -Wl,-T,${listeners_first})
        set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${listeners_first})
    endif()
endfunction()
