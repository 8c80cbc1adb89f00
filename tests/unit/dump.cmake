exu_unit_test(dump dump core memory base)
if(TARGET test_dump)
  target_link_libraries(test_dump PRIVATE PkgConfig::ZSTD)
endif()
