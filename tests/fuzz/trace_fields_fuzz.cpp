// SPDX-License-Identifier: Apache-2.0
// Any octets as the trace fields of a message, one a line: nothing breaks, a login or a client is
// never found without a field, and results that nobody wrote are not believed.
#include "dsn/auth_results.hpp"
#include "mail/address.hpp"
#include "mail/header.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "outbound/received.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdback;
    const std::span<const std::uint8_t> octets(data, size);
    const std::string all(octets.begin(), octets.end());
    mail::HeaderList headers;
    for (std::size_t at = 0; at < all.size();) {
        const std::size_t end = std::min(all.find('\n', at), all.size());
        const std::string_view line = std::string_view(all).substr(at, end - at);
        headers.add("Received", line);
        headers.add("Authentication-Results", line);
        at = end + 1;
    }
    const std::vector<std::string> names{"mta.home.test"};
    const std::vector<mail::Network> networks{mail::Network::parse("10.0.0.0/8").value()};
    const outbound::Entry entry = outbound::entry_of(headers, names, networks);
    expect(entry.from != outbound::Entry::From::Outside || entry.address.has_value());
    expect(entry.user.empty() || entry.login);
    expect(outbound::trace_ids(headers, 3).size() <= 3);
    const mail::Address author =
        mail::Address::parse("bo@example.net", mail::Smtputf8::No).value().value;
    const bool passes = dsn::is_authenticated(headers, author, names);
    expect(!passes || all.contains('='));
    expect(!dsn::is_authenticated(headers, author, {}));
    return 0;
}
