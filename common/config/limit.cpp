// SPDX-License-Identifier: Apache-2.0
#include "config/limit.hpp"

#include "terms/stream.hpp"

#include <string_view>
#include <utility>

namespace holdback::config {

bool covers(LimitStream wanted, terms::Stream stream) {
    switch (wanted) {
        case LimitStream::Any:
            return true;
        case LimitStream::Bulk:
            return stream == terms::Stream::Bulk;
        case LimitStream::Direct:
            return stream == terms::Stream::Direct;
    }
    std::unreachable();
}

std::string_view wire_name(LimitKey key) {
    switch (key) {
        case LimitKey::SaslUser:
            return "sasl-user";
        case LimitKey::Sender:
            return "sender";
        case LimitKey::SenderDomain:
            return "sender-domain";
        case LimitKey::Client:
            return "client";
        case LimitKey::Daemon:
            return "daemon";
        case LimitKey::Everyone:
            return "everyone";
    }
    std::unreachable();
}

std::string_view wire_name(LimitStream stream) {
    switch (stream) {
        case LimitStream::Any:
            return "any";
        case LimitStream::Bulk:
            return "bulk";
        case LimitStream::Direct:
            return "direct";
    }
    std::unreachable();
}

}  // namespace holdback::config
