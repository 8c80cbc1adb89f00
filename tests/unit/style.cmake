add_test(NAME style.layers COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/check_layers.sh)
set_tests_properties(style.layers PROPERTIES LABELS style)
