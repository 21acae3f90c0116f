# SPDX-License-Identifier: Apache-2.0
# The layer test: cmake -DROOT=. -P tests/layers.cmake
# Fails when an include points upward or sideways across folders where it must not, when pure code
# includes something that opens, waits or logs, or when a library has more than one door.
cmake_minimum_required(VERSION 3.25)
get_filename_component(ROOT "${ROOT}" ABSOLUTE)

# Folder -> the folders it may include besides itself.
set(may_core "")
set(may_mail core)
set(may_config core mail)
set(may_outbound core mail config)
set(may_dsn core mail config)
set(may_lists core mail)
set(may_ports core mail config outbound dsn)
set(may_report core mail config outbound dsn)
set(may_flow core mail config outbound dsn ports report)
set(may_io core mail config outbound dsn ports report)
set(may_milter core mail lists config outbound dsn ports report flow io)
set(folders core mail lists config outbound dsn ports report flow io milter)

# Library header -> the one file that may include it.
set(doors
    "ldns/" common/io/dns_wire.cpp
    "SQLiteCpp/" common/io/sqlite_connection.cpp
    "sqlite3\\.h" common/io/sqlite_connection.cpp
    "gmime/" common/io/gmime_reader.cpp
    "libmilter/" milter/callbacks.cpp
    "toml\\+\\+/" common/io/toml_document.cpp
    "spdlog/" common/io/log_setup.cpp
    "re2/" common/dsn/pattern_set.cpp
    "idn2\\.h" common/mail/idna.cpp
    "unicode/" common/mail/unicode_text.cpp
    "sodium\\.h" common/core/digest.cpp
    "systemd/sd-journal" common/io/journal_follower.cpp
    "prometheus/" common/io/metrics_http.cpp
    "pqxx/" common/io/postgres_db.cpp)
# The control tool alone speaks these.
set(tool_libraries "CLI/" "nlohmann/")

# Headers that pure code (below the line, and report) never includes.
set(pure_folders core mail lists config outbound dsn report)
set(impure "<(fstream|iostream|filesystem|thread|future|condition_variable|stop_token|random|cstdio|unistd\\.h|fcntl\\.h|sys/.*|netinet/.*|arpa/.*|sys/socket\\.h|csignal)>")

set(failures 0)
macro(fail text)
  message(SEND_ERROR "${text}")
  math(EXPR failures "${failures} + 1")
endmacro()

foreach(folder IN LISTS folders)
  if(folder STREQUAL milter)
    set(directory milter)
  else()
    set(directory common/${folder})
  endif()
  file(GLOB_RECURSE sources RELATIVE ${ROOT} ${ROOT}/${directory}/*.hpp ${ROOT}/${directory}/*.cpp)
  foreach(source IN LISTS sources)
    file(STRINGS ${ROOT}/${source} includes REGEX "^[ \t]*#[ \t]*include")
    foreach(line IN LISTS includes)
      if(line MATCHES "\"([a-z_]+)/[^\"]*\"")
        set(target ${CMAKE_MATCH_1})
        if(NOT target STREQUAL folder AND NOT target IN_LIST may_${folder})
          fail("${source}: ${line}: ${folder} may not include ${target}")
        endif()
      elseif(line MATCHES "\"")
        fail("${source}: ${line}: includes name their folder")
      endif()
      if(folder IN_LIST pure_folders AND line MATCHES "${impure}")
        fail("${source}: ${line}: pure code opens nothing, waits for nothing")
      endif()
    endforeach()
  endforeach()
endforeach()

# Doors: over the whole tree but the tests, which may look at the real library.
file(GLOB_RECURSE all RELATIVE ${ROOT} ${ROOT}/common/*.hpp ${ROOT}/common/*.cpp
     ${ROOT}/milter/*.hpp ${ROOT}/milter/*.cpp)
foreach(source IN LISTS all)
  file(STRINGS ${ROOT}/${source} includes REGEX "^[ \t]*#[ \t]*include[ \t]*<")
  foreach(line IN LISTS includes)
    set(rest ${doors})
    while(rest)
      list(POP_FRONT rest pattern door)
      if(line MATCHES "<${pattern}" AND NOT source STREQUAL door)
        fail("${source}: ${line}: only ${door} includes this library")
      endif()
    endwhile()
    foreach(pattern IN LISTS tool_libraries)
      if(line MATCHES "<${pattern}" AND NOT source MATCHES "^milter/ctl_")
        fail("${source}: ${line}: only the control tool includes this library")
      endif()
    endforeach()
  endforeach()
endforeach()

# The test can fail: every folder of the picture exists, and each has been looked at.
list(LENGTH all count)
if(count LESS 10)
  fail("only ${count} sources under ${ROOT}: wrong ROOT?")
endif()
if(failures EQUAL 0)
  message(STATUS "layers: ${count} files, every include points down")
endif()
