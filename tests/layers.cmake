# SPDX-License-Identifier: Apache-2.0
# The layer test: cmake -DROOT=. -P tests/layers.cmake
# Fails when an include points upward or sideways across folders where it must not, when pure code
# includes something that opens, waits or logs, or when a library has more than one door.
cmake_minimum_required(VERSION 3.25)
get_filename_component(ROOT "${ROOT}" ABSOLUTE)

# The rooms from the ground up: folder -> the folders that it may include besides itself. A folder
# stands before those that may include it, so that there is no circle.
set(pure_folders "")
set(folders "")
macro(room folder)
  foreach(lower IN ITEMS ${ARGN})
    if(NOT lower IN_LIST folders)
      message(FATAL_ERROR "layers: ${folder} may include ${lower}, which does not stand below it")
    endif()
  endforeach()
  list(APPEND folders ${folder})
  set(may_${folder} ${ARGN})
endmacro()

# Pure: values in, values out.
room(common/core)
room(common/mail common/core)
room(common/terms common/core common/mail)
room(common/config common/core common/mail common/terms)
set(ground common/core common/mail common/terms common/config)
room(common/lists common/core common/mail common/terms)
room(common/letters ${ground})
room(common/reading common/core common/mail common/terms)
room(common/maillog common/core common/mail common/reading)
room(common/dsn ${ground} common/reading)
room(common/limits ${ground})
room(common/outbound ${ground} common/letters common/limits)
room(common/replay ${ground} common/limits common/outbound)
room(common/report ${ground} common/dsn common/limits common/outbound common/replay)
set(pure_folders ${folders})

# What use cases ask of the world, and the use cases.
room(common/ports ${ground} common/dsn common/limits common/outbound common/replay)
set(below ${pure_folders} common/ports)
room(common/flow ${below})
room(common/flow/held ${below} common/flow)
room(common/flow/incoming ${below} common/flow)
room(common/flow/outgoing ${below} common/flow common/flow/held common/flow/incoming)
room(common/flow/notices ${below} common/flow common/flow/held common/flow/outgoing)
set(flow ${folders})
list(FILTER flow INCLUDE REGEX "^common/flow")

# Adapters: one does not know another, but for what is said here.
room(common/io/system ${below})
room(common/io/dns ${below} common/io/system)
room(common/io/follow ${below} common/io/system)
room(common/io/mime ${below})
room(common/io/mta ${below} common/io/system)
room(common/io/settings ${below})
room(common/io/sqlite ${below} common/io/system)
room(common/io/sqlite/senders ${below} common/io/sqlite)
room(common/io/state ${below} common/io/system common/io/sqlite)
room(common/io/submit ${below} common/io/system)
set(io ${folders})
list(FILTER io INCLUDE REGEX "^common/io")

# The programs. The control tool and the daemon share milter/, and nothing of each other.
room(milter ${below} common/flow ${io})
room(milter/session ${below} ${flow} milter)
room(milter/daemon ${below} ${flow} ${io} milter milter/session)
set(tool ${below} ${flow} ${io} milter milter/ctl)
room(milter/ctl ${below} ${flow} ${io} milter)
room(milter/ctl/bounces ${tool})
room(milter/ctl/check ${tool})
room(milter/ctl/held ${tool})
room(milter/ctl/history ${tool})
room(milter/ctl/senders ${tool})
room(milter/ctl/suppress ${tool} milter/ctl/held)
# An entry point puts the rooms of its program together.
set(entry_points milter/ctl/main.cpp)

# Library header -> the one file that may include it.
set(doors
    "ldns/" common/io/dns/dns_wire.cpp
    "SQLiteCpp/" common/io/sqlite/sqlite_connection.cpp
    "sqlite3\\.h" common/io/sqlite/sqlite_connection.cpp
    "gmime/" common/io/mime/gmime_reader.cpp
    "libmilter/" milter/daemon/callbacks.cpp
    "toml\\+\\+/" common/io/settings/toml_document.cpp
    "spdlog/" common/io/system/log_setup.cpp
    "re2/" common/reading/pattern_set.cpp
    "idn2\\.h" common/mail/idna.cpp
    "unicode/" common/mail/unicode_text.cpp
    "sodium\\.h" common/core/digest.cpp
    "systemd/sd-journal" common/io/follow/journal_follower.cpp)
# The control tool alone speaks these.
set(tool_libraries "CLI/" "nlohmann/")

# Headers that pure code never includes.
set(impure "<(fstream|iostream|filesystem|thread|future|condition_variable|stop_token|random|cstdio|unistd\\.h|fcntl\\.h|sys/.*|netinet/.*|arpa/.*|sys/socket\\.h|csignal)>")

set(failures 0)
macro(fail text)
  message(SEND_ERROR "${text}")
  math(EXPR failures "${failures} + 1")
endmacro()

foreach(folder IN LISTS folders)
  file(GLOB sources RELATIVE ${ROOT} ${ROOT}/${folder}/*.hpp ${ROOT}/${folder}/*.cpp)
  list(LENGTH sources count)
  if(count EQUAL 0)
    fail("${folder}: an empty room")
  elseif(count GREATER 45)
    fail("${folder}: ${count} files, more than the 45 that a reader finds his way in")
  endif()
  list(APPEND housed ${sources})
  foreach(source IN LISTS sources)
    file(STRINGS ${ROOT}/${source} includes REGEX "^[ \t]*#[ \t]*include")
    foreach(line IN LISTS includes)
      if(line MATCHES "\"([a-z_/]+)/[^/\"]*\"")
        set(target ${CMAKE_MATCH_1})
        if(NOT target MATCHES "^milter")
          string(PREPEND target "common/")
        endif()
        if(NOT target IN_LIST folders)
          fail("${source}: ${line}: there is no such room")
        elseif(NOT target STREQUAL folder AND NOT target IN_LIST may_${folder}
               AND NOT source IN_LIST entry_points)
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
  if(NOT source IN_LIST housed)
    fail("${source}: in no room of the picture")
  endif()
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
      if(line MATCHES "<${pattern}" AND NOT source MATCHES "^milter/ctl/")
        fail("${source}: ${line}: only the control tool includes this library")
      endif()
    endforeach()
  endforeach()
endforeach()

# A door whose file does not exist guards nothing.
set(rest ${doors})
while(rest)
  list(POP_FRONT rest pattern door)
  if(NOT EXISTS ${ROOT}/${door})
    fail("${door}: the door of ${pattern} does not exist")
  endif()
endwhile()

# The test can fail: all sources are in rooms, and each has been looked at.
list(LENGTH all count)
if(count LESS 10)
  fail("only ${count} sources under ${ROOT}: wrong ROOT?")
endif()
if(failures EQUAL 0)
  message(STATUS "layers: ${count} files, every include points down")
endif()
