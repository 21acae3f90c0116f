// SPDX-License-Identifier: Apache-2.0
#include "io/system/service_manager.hpp"

#include <systemd/sd-daemon.h>

namespace holdback::io::system {

namespace {

const char* text_of(ServiceState state) {
    switch (state) {
        case ServiceState::Reloading:
            return "RELOADING=1";
        case ServiceState::Stopping:
            return "STOPPING=1";
        case ServiceState::Ready:
            break;
    }
    return "READY=1";
}

}  // namespace

void tell_service_manager(ServiceState state) {
    static_cast<void>(sd_notify(0, text_of(state)));
}

}  // namespace holdback::io::system
