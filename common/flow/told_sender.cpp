// SPDX-License-Identifier: Apache-2.0
#include "flow/told_sender.hpp"

#include "config/settings.hpp"
#include "flow/own_name.hpp"
#include "mail/address.hpp"
#include "mail/envelope.hpp"
#include "mail/header.hpp"
#include "mail/held.hpp"
#include "mail/ip_address.hpp"
#include "mail/syntax.hpp"
#include "outbound/direction.hpp"
#include "outbound/own_sender.hpp"
#include "outbound/received.hpp"

#include <string>
#include <vector>

namespace holdback::flow {

bool may_be_told(const mail::HeldMessage& message,
                 const mail::HeaderList& headers,
                 const config::Settings& settings,
                 const OwnName& own_name) {
    const auto address = mail::Address::parse(message.sender, mail::Smtputf8::Yes);
    const mail::EnvelopeSender sender = address.has_value() ? mail::EnvelopeSender(address->value)
                                                            : mail::EnvelopeSender(message.sender);
    // What came by sendmail(1) has a loopback address, which says the same.
    const outbound::Origin origin{.user = message.user,
                                  .daemon = {},
                                  .client = mail::IpAddress::parse(message.client),
                                  .over_smtp = true};
    const std::vector<std::string> names = own_name.all();
    return outbound::may_be_told(origin,
                                 sender,
                                 outbound::entry_of(headers, names, settings.outgoing.networks),
                                 settings,
                                 names);
}

}  // namespace holdback::flow
