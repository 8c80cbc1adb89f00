exu_unit_test(chain graph)
exu_unit_test(options cli)
exu_unit_test(query report query store)
exu_unit_test(writers report)
