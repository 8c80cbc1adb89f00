# The same questions of processes that are built or started otherwise: allocators and debug hooks of the environment,
# debug builds. Included once for each interpreter (label, python) and once at the end.
function(exu_oracle_test name python heap dump)
  exu_oracle_script(${name} 600 oracle.py --python ${python} --heap ${heap} --dump ${dump} ${pause} --brief ${ARGN})
endfunction()

# Objects/obmalloc.c: PYTHONMALLOC is of 3.6, -X dev (PYTHONDEVMODE) of 3.7.
function(exu_oracle_environments label python)
  if(label MATCHES "^2[.]")
    return()
  endif()
  set(heap plain)
  if(label MATCHES "^3[.]11[.]")
    set(heap random1)
  endif()
  foreach(value malloc debug malloc_debug)
    exu_oracle_test(${value}.${label} ${python} ${heap} gcore --env PYTHONMALLOC=${value})
  endforeach()
  exu_oracle_test(dev.${label} ${python} plain both --env PYTHONDEVMODE=1)
endfunction()

# Py_DEBUG as Debian packages it: python3.11d, python2.7-dbg, and those of the chroots.
function(exu_oracle_debug_builds)
  set(any FALSE)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env EXUVIA_CHROOTS=${EXU_ORACLE_CHROOTS}
                  ${EXU_PYTHON3} -B ${CMAKE_CURRENT_SOURCE_DIR}/interpreters.py --debug
                  OUTPUT_VARIABLE in_chroots OUTPUT_STRIP_TRAILING_WHITESPACE)
  foreach(entry IN LISTS in_chroots)
    set(any TRUE)
    string(REGEX MATCH "^([^=]*)=(.*)$" _ "${entry}")
    foreach(heap plain zoo freed)
      exu_oracle_test(debug.${heap}.${CMAKE_MATCH_1} ${CMAKE_MATCH_2} ${heap} gcore)
    endforeach()
  endforeach()
  foreach(minor 2.7 3.6 3.7 3.8 3.9 3.10 3.11 3.12 3.13 3.14 3.15)
    find_program(EXU_PYTHON_DEBUG_${minor} NAMES python${minor}d python${minor}-dbg)
    mark_as_advanced(EXU_PYTHON_DEBUG_${minor})
    if(EXU_PYTHON_DEBUG_${minor})
      set(any TRUE)
      foreach(heap plain zoo freed)
        exu_oracle_test(debug.${heap}.${minor} ${EXU_PYTHON_DEBUG_${minor}} ${heap} gcore)
      endforeach()
      exu_oracle_test(debug.malloc.${minor} ${EXU_PYTHON_DEBUG_${minor}} plain gcore --env PYTHONMALLOC=malloc)
    endif()
  endforeach()
  if(NOT any)
    exu_oracle_test(debug.absent /absent/python3d plain gcore)
  endif()
endfunction()

# Another malloc in glibc's place.
function(exu_oracle_other_malloc label python)
  if(NOT label MATCHES "^(2[.]7|3[.]11|3[.]13)[.]")
    return()
  endif()
  foreach(library jemalloc tcmalloc mimalloc)
    exu_oracle_script(other-malloc.${library}.${label} 300 other_malloc.py --library ${library} --python ${python} ${pause})
  endforeach()
endfunction()

# Several interpreters in one process: of 3.9 and later each has a collector.
function(exu_oracle_interpreters label python)
  if(label MATCHES "^(2[.]7|3[.][678])[.]")
    return()
  endif()
  exu_oracle_script(interpreters.${label} 300 subinterpreters.py --python ${python})
endfunction()

# The core alone.
function(exu_oracle_alone label python)
  foreach(dump kernel gcore)
    exu_oracle_script(alone.${dump}.${label} 300 alone.py --python ${python} --dump ${dump})
  endforeach()
endfunction()

# The shipped names of types against what these interpreters say of theirs.
function(exu_oracle_type_names)
  set(present "")
  foreach(entry IN LISTS ARGN)
    if(NOT entry MATCHES "[.]absent=")
      string(REGEX REPLACE "^[^=]*=" "" python "${entry}")
      list(APPEND present ${python})
    endif()
  endforeach()
  add_test(NAME oracle.type-names COMMAND ${EXU_PYTHON3} -B ${PROJECT_SOURCE_DIR}/tools/type-names.py --check
    ${PROJECT_SOURCE_DIR}/src/layout/type_names.tsv ${present})
  set_tests_properties(oracle.type-names PROPERTIES LABELS oracle SKIP_RETURN_CODE 77 TIMEOUT 300)
endfunction()

# Applications that embed CPython, here Debian's 3.11.
foreach(kind shared static static-pie stripped debug uwsgi)
  exu_oracle_script(embedded.${kind} 300 embedded.py ${kind})
endforeach()

# Neither DWARF nor .symtab in the interpreter nor in its modules.
function(exu_oracle_stripped label python)
  foreach(heap plain zoo)
    exu_oracle_test(stripped.${heap}.${label} ${python} ${heap} gcore --strip)
  endforeach()
endfunction()

# With and without --debug-dir; without the debug files of a stripped interpreter that skips.
function(exu_oracle_debug_files label python)
  set(folders ${EXU_ORACLE_DEBUG_DIRS})
  list(TRANSFORM folders PREPEND "--debug-dir=")
  exu_oracle_script(debug-files.${label} 300 debugfiles.py --python ${python} ${folders})
endfunction()

# The first choice of a layout does not hold: another version's DWARF, a row whose collector lies elsewhere.
function(exu_oracle_rejected label python)
  set(kinds dwarf)
  if(label MATCHES "^3[.]13[.]")
    list(APPEND kinds row)
  endif()
  foreach(kind IN LISTS kinds)
    exu_oracle_script(rejected.${kind}.${label} 300 rejected.py --python ${python} ${pause} ${kind})
  endforeach()
endfunction()

# Free-threaded builds are refused: a core that is made to say that it is of one, and the real builds of this machine.
function(exu_oracle_refused label python)
  exu_oracle_script(free-threaded.${label} 300 freethreaded.py --python ${python})
endfunction()

function(exu_oracle_free_threaded label python)
  if(NOT label MATCHES "^(2[.]|3[.]([6-9]|1[0-2])[.])")
    exu_oracle_refused(${label} ${python})
  endif()
endfunction()

function(exu_oracle_free_threaded_builds)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env EXUVIA_NOGIL=${EXU_ORACLE_NOGIL}
                  ${EXU_PYTHON3} -B ${CMAKE_CURRENT_SOURCE_DIR}/interpreters.py --free-threaded
                  OUTPUT_VARIABLE builds OUTPUT_STRIP_TRAILING_WHITESPACE)
  foreach(minor 3.13 3.14)
    if(NOT ";${builds}" MATCHES ";${minor}[.]")
      list(APPEND builds "${minor}.absent=/absent/python${minor}t")
    endif()
  endforeach()
  foreach(entry IN LISTS builds)
    string(REGEX MATCH "^([^=]*)=(.*)$" _ "${entry}")
    exu_oracle_refused(build.${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
  endforeach()
endfunction()
