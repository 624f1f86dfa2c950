# A listener's memory is its code, above all, and it starts as fast as that is read: programs and library are optimized
# for size, which halves them. What has to be fast is told so by optimize_for_speed().
if(NOT KEENLANCE_SANITIZE AND NOT KEENLANCE_COVERAGE)
    add_compile_options($<$<NOT:$<CONFIG:Debug>>:-Os>)
endif()
add_compile_options(-ffunction-sections)
include(CheckLinkerFlag)
check_linker_flag(CXX -Wl,--gc-sections keenlance_can_collect_sections)
if(keenlance_can_collect_sections)
    add_link_options(-Wl,--gc-sections)
endif()

function(optimize_for_speed)
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS $<$<NOT:$<CONFIG:Debug>>:-O2>)
endfunction()
