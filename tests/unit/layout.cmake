exu_unit_test(layout layout memory base)
exu_unit_test(layout_offsets layout memory base)
exu_unit_test(layout_python layout core memory test_support base)
if(TARGET test_layout_python)
  target_compile_options(test_layout_python PRIVATE -gdwarf-5)
  target_link_options(test_layout_python PRIVATE -Wl,--build-id=0x4558555649413131)
endif()

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

# The rows against a table made by other means, where it lies beside the project.
find_program(EXU_LAYOUTS_PYTHON3 NAMES python3)
if(EXU_LAYOUTS_PYTHON3)
  add_test(NAME unit.layouts_tsv COMMAND ${EXU_LAYOUTS_PYTHON3} -B ${CMAKE_CURRENT_SOURCE_DIR}/check_layouts.py
    ${PROJECT_SOURCE_DIR}/src/layout/rows ${PROJECT_SOURCE_DIR}/../shared/cpython/layouts.tsv)
  set_tests_properties(unit.layouts_tsv PROPERTIES LABELS unit SKIP_RETURN_CODE 77 TIMEOUT 120)
endif()
