exu_unit_test(layout layout memory base)
exu_unit_test(layout_python layout core memory test_support base)

# The DWARF reader reads the debug information of its own test, in each version of the format that gcc writes.
if(CMOCKA_FOUND AND TARGET exu_layout AND TARGET exu_memory)
  foreach(version 4 5)
    set(test test_layout_dwarf${version})
    add_executable(${test} test_layout_dwarf.c)
    target_compile_options(${test} PRIVATE -gdwarf-${version})
    target_link_libraries(${test} PRIVATE exu_layout exu_memory exu_base exu_flags PkgConfig::CMOCKA)
    add_test(NAME unit.layout_dwarf${version} COMMAND ${test})
    set_tests_properties(unit.layout_dwarf${version} PROPERTIES LABELS unit TIMEOUT 300)
  endforeach()
endif()

# Are the shipped rows what the machine's interpreters with DWARF give now? (`exuvia-layout update DIR` writes them.)
add_test(NAME unit.layout_rows COMMAND exuvia-layout check ${PROJECT_SOURCE_DIR}/src/layout/rows)
set_tests_properties(unit.layout_rows PROPERTIES LABELS unit SKIP_RETURN_CODE 77 TIMEOUT 120)
