// SPDX-License-Identifier: Apache-2.0
#include "terms/suppression.hpp"

#include "core/wire_names.hpp"
#include "terms/failure_code.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace holdback::terms {

FailureCode default_code(SuppressionReason reason, SubjectKind kind) {
    switch (reason) {
        case SuppressionReason::Bounce:
            return kind == SubjectKind::Address ? kAddressInvalid : kDomainInvalid;
        case SuppressionReason::Complaint:
            return kComplaint;
        case SuppressionReason::Unsubscribe:
            return kUnsubscribed;
        case SuppressionReason::Manual:
        case SuppressionReason::Allow:
            return kRejectedOther;
    }
    std::unreachable();
}

std::string_view wire_name(SuppressionReason reason) {
    switch (reason) {
        case SuppressionReason::Bounce:
            return "bounce";
        case SuppressionReason::Complaint:
            return "complaint";
        case SuppressionReason::Unsubscribe:
            return "unsubscribe";
        case SuppressionReason::Manual:
            return "manual";
        case SuppressionReason::Allow:
            return "allow";
    }
    std::unreachable();
}

std::string_view wire_name(SuppressionSource source) {
    switch (source) {
        case SuppressionSource::Learned:
            return "learned";
        case SuppressionSource::Admin:
            return "admin";
        case SuppressionSource::Import:
            return "import";
    }
    std::unreachable();
}

std::string_view wire_name(Proof proof) {
    switch (proof) {
        case Proof::Local:
            return "local";
        case Proof::Sealed:
            return "sealed";
        case Proof::Unproven:
            return "unproven";
    }
    std::unreachable();
}

std::optional<SuppressionReason> parse_suppression_reason(std::string_view name) {
    return core::find_wire_name(kAllSuppressionReasons, name);
}

std::optional<SuppressionSource> parse_suppression_source(std::string_view name) {
    return core::find_wire_name(kAllSuppressionSources, name);
}

std::optional<Proof> parse_proof(std::string_view name) {
    return core::find_wire_name(kAllProofs, name);
}

}  // namespace holdback::terms
