// SPDX-License-Identifier: Apache-2.0
#include "tests/support/nsd_server.hpp"

#include "config/settings.hpp"
#include "mail/ip_address.hpp"
#include "tests/support/child_process.hpp"

#include <chrono>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace holdback::support {

bool NsdServer::is_installed() {
    return find_program("nsd").has_value();
}

NsdServer::NsdServer(std::string_view zone, std::string_view text) : port_(free_port()) {
    const std::string& dir = folder_.path();
    std::ofstream(folder_.file("test.zone")) << text;
    std::ofstream(folder_.file("nsd.conf")) << fmt::format(
        "server:\n ip-address: 127.0.0.1@{}\n server-count: 1\n username: \"\"\n"
        " rrl-ratelimit: 0\n rrl-whitelist-ratelimit: 0\n zonesdir: \"{}\"\n"
        " database: \"\"\n pidfile: \"{}/nsd.pid\"\n xfrdfile: \"\"\n"
        " zonelistfile: \"{}/zone.list\"\n xfrdir: \"{}\"\n"
        " logfile: \"{}/nsd.log\"\n minimal-responses: yes\n"
        "remote-control:\n control-enable: no\n"
        "zone:\n name: \"{}\"\n zonefile: \"test.zone\"\n",
        port_,
        dir,
        dir,
        dir,
        dir,
        dir,
        zone);
    process_ = std::make_unique<ChildProcess>(std::vector<std::string>{
        find_program("nsd").value_or("nsd"), "-d", "-c", folder_.file("nsd.conf")});
    if (!wait_for_port(port_, std::chrono::seconds(20))) {
        throw std::runtime_error("nsd does not listen");
    }
}

config::NameServer NsdServer::address() const {
    return {mail::IpAddress::from_v4({127, 0, 0, 1}), port_};
}

}  // namespace holdback::support
