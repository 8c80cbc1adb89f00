exu_unit_test(chain graph)
