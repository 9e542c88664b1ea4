# Debian packages, by `cpack -G DEB --config BUILD/CPackConfig.cmake`: one for each service, as services run on machines of
# their own and are upgraded one by one. To be included when the programs' targets are there.
#
# What is in one: the program, its systemd units, its configuration in /etc/twinfleet, its documentation, and its bill of materials. Its
# dependencies are found by dpkg-shlibdeps.

set(packaging_dir ${CMAKE_SOURCE_DIR}/deploy)

# twinfleet_package(PROGRAM SUMMARY text DESCRIPTION text)
#
# Of the target PROGRAM, with deploy/systemd/PROGRAM*.service, deploy/debian/PROGRAM/* as its configuration files, and
# src/apps/ its config.yaml as documentation. Nothing happens when there is no such target.
function(twinfleet_package program)
  cmake_parse_arguments(ARG "" "SUMMARY;DESCRIPTION" "" ${ARGN})
  if(NOT TARGET ${program})
    return()
  endif()
  set(package twinfleet-${program})
  string(REPLACE "-" "_" component ${program})
  string(TOUPPER ${component} prefix)
  set(generated ${CMAKE_BINARY_DIR}/packaging/${program})
  set(documentation usr/share/doc/${package})

  install(TARGETS ${program} RUNTIME DESTINATION usr/bin COMPONENT ${component})
  file(GLOB units CONFIGURE_DEPENDS ${packaging_dir}/systemd/${program}*.service)
  install(FILES ${units} DESTINATION lib/systemd/system COMPONENT ${component})

  file(GLOB configuration CONFIGURE_DEPENDS ${packaging_dir}/debian/${program}/*)
  set(conffiles "")
  foreach(file IN LISTS configuration)
    cmake_path(GET file FILENAME name)
    string(APPEND conffiles "/etc/twinfleet/${name}\n")
    set(permissions OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    if(name MATCHES "\\.env$")
      set(permissions OWNER_READ OWNER_WRITE)
    endif()
    install(FILES ${file} DESTINATION etc/twinfleet PERMISSIONS ${permissions} COMPONENT ${component})
  endforeach()
  file(CONFIGURE OUTPUT ${generated}/conffiles CONTENT "${conffiles}" @ONLY)

  foreach(script IN ITEMS postinst prerm postrm)
    configure_file(${packaging_dir}/debian/${script}.in ${generated}/${script} @ONLY FILE_PERMISSIONS
                   OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  endforeach()

  configure_file(${packaging_dir}/debian/lintian-overrides.in ${generated}/${package} @ONLY)
  install(FILES ${generated}/${package} DESTINATION usr/share/lintian/overrides COMPONENT ${component})
  # -n: without the time of day, so that the same sources make the same package.
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${packaging_dir}/debian/changelog)
  execute_process(COMMAND gzip -9 -n -c ${packaging_dir}/debian/changelog OUTPUT_FILE ${generated}/changelog.gz
                  COMMAND_ERROR_IS_FATAL ANY)
  install(FILES ${generated}/changelog.gz ${packaging_dir}/debian/copyright
                ${CMAKE_SOURCE_DIR}/src/apps/${component}/config.yaml ${CMAKE_SOURCE_DIR}/docs/operations.md
          DESTINATION ${documentation} COMPONENT ${component})

  # While packing, as ninja tells what it has built only when it does not build.
  install(CODE "execute_process(COMMAND \"${CMAKE_SOURCE_DIR}/scripts/bill_of_materials.py\" \"${CMAKE_BINARY_DIR}\" \"$<TARGET_FILE:${program}>\" ${PROJECT_VERSION} \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${documentation}/bill-of-materials.cdx.json\" COMMAND_ERROR_IS_FATAL ANY)"
          COMPONENT ${component})

  set(CPACK_DEBIAN_${prefix}_PACKAGE_NAME ${package} PARENT_SCOPE)
  # The first line is the summary.
  set(CPACK_DEBIAN_${prefix}_DESCRIPTION "${ARG_SUMMARY}\n${ARG_DESCRIPTION}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${prefix}_PACKAGE_CONTROL_EXTRA
      "${generated}/conffiles;${generated}/postinst;${generated}/prerm;${generated}/postrm" PARENT_SCOPE)
  set(CPACK_COMPONENTS_ALL ${CPACK_COMPONENTS_ALL} ${component} PARENT_SCOPE)
endfunction()

set(CPACK_COMPONENTS_ALL "")
twinfleet_package(fleet-synchronizer
  SUMMARY "keeps the child parks of app families in step with their parents"
  DESCRIPTION "Copies parks, work rules, cars and drivers of a taxi platform's main
dispatcher into the child parks of further app families in MongoDB, and
keeps the copies in step. Its own state (links, cursors, leases) lives in
PostgreSQL.")
twinfleet_package(access-control
  SUMMARY "users, groups and rights of taxi parks"
  DESCRIPTION "Keeps the users and groups of parks in PostgreSQL and answers whether a
user may do something. Nobody may change anything in a child park.")
twinfleet_package(driver-protocol
  SUMMARY "what the apps of taxi drivers speak"
  DESCRIPTION "Logs drivers in by text message, keeps their sessions, statuses and tracks
in Redis, and drivers, cars and parks of MongoDB in memory. A driver has
one independent life in each app.")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME twinfleet)
set(CPACK_PACKAGE_VENDOR Twinfleet)
set(CPACK_PACKAGE_CONTACT "Twinfleet maintainers <maintainers@twinfleet.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
# ca-certificates: whom the peers of https:// addresses are checked against where no file of one's own is named.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
