exu_unit_test(value model)
exu_unit_test(lines model)
exu_unit_test(frame model)
# Without an interpreter to ask, the rest of the test has run, but ctest must show what has not.
foreach(name value lines)
  if(TEST unit.${name})
    set_tests_properties(unit.${name} PROPERTIES SKIP_REGULAR_EXPRESSION "SKIP: no python")
  endif()
endforeach()
