exu_unit_test(value model)
exu_unit_test(lines model)
exu_unit_test(frame model)
