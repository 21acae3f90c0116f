# SPDX-License-Identifier: Apache-2.0
# The manual test: cmake -DROOT=. -P tests/manuals.cmake
# Fails when mandoc finds fault with a page. A reference to a page that is not installed is none.
# Fails too when README names other packages for the build than contrib/packages.sh installs, or a
# shell would not take its command as one.
cmake_minimum_required(VERSION 3.25)

# A word a package, sorted; an escaped line end is taken for a blank, as a shell takes it.
function(read_packages file pattern out)
  file(READ ${file} text)
  string(REPLACE "\\\n" " " text "${text}")
  if(NOT text MATCHES "${pattern}")
    message(FATAL_ERROR "${file} names no packages for the build")
  endif()
  string(REGEX MATCHALL "[^ \n]+" words "${CMAKE_MATCH_1}")
  list(SORT words)
  set(${out} "${words}" PARENT_SCOPE)
endfunction()

read_packages(${ROOT}/contrib/packages.sh "build_packages=\"([^\"]+)\"" built)
read_packages(${ROOT}/README.md "\n    apt install ([^\n]+)\n" named)
if(NOT named STREQUAL built)
  message(SEND_ERROR "README has apt install ${named}\nbut the build needs ${built}")
endif()

find_program(MANDOC mandoc)
if(NOT MANDOC)
  message(STATUS "manuals: mandoc is not installed, nothing was checked")
  return()
endif()
file(GLOB pages ${ROOT}/man/*.5 ${ROOT}/man/*.8)
if(NOT pages)
  message(FATAL_ERROR "no manual pages under ${ROOT}/man")
endif()
foreach(page IN LISTS pages)
  execute_process(COMMAND ${MANDOC} -T lint -W style ${page} OUTPUT_VARIABLE found ERROR_QUIET)
  string(REGEX REPLACE "[^\n]*referenced manual not found[^\n]*\n" "" found "${found}")
  if(NOT found STREQUAL "")
    message(SEND_ERROR "${found}")
  endif()
endforeach()
list(LENGTH pages count)
message(STATUS "manuals: ${count} pages checked")
