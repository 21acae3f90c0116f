// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl_classify.hpp"

#include "config/settings.hpp"
#include "core/text.hpp"
#include "dsn/classify.hpp"
#include "dsn/explain.hpp"
#include "dsn/report.hpp"
#include "flow/snapshot.hpp"
#include "io/gmime_reader.hpp"
#include "mail/failure_code.hpp"
#include "mail/suppression.hpp"
#include "milter/ctl_command.hpp"
#include "milter/ctl_mail_files.hpp"
#include "milter/ctl_output.hpp"
#include "milter/ctl_sources.hpp"

#include <cerrno>
#include <cstddef>
#include <expected>
#include <fstream>
#include <iostream>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter {

namespace {

/// Classifies messages and writes what came out.
class Classifier {
public:
    Classifier(const CommandContext& context, const flow::Snapshot& snapshot)
        : context_(context),
          snapshot_(snapshot),
          reader_({.octets = snapshot.settings.dsn.max_message}) {}
    Classifier(const Classifier&) = delete;
    Classifier& operator=(const Classifier&) = delete;
    Classifier(Classifier&&) = delete;
    Classifier& operator=(Classifier&&) = delete;
    ~Classifier() = default;

    void read_all(const std::string& path, std::istream& in) const {
        read_mail(in, snapshot_.settings.dsn.max_message, [&](const MailText& message) {
            const std::string name =
                message.alone ? path : fmt::format("{}#{}", path, message.number);
            write(name, understand(message.octets));
        });
        context_.out.flush();
    }

private:
    [[nodiscard]] dsn::Understanding understand(std::string_view octets) const {
        return dsn::understand(reader_.read(octets), snapshot_.rules, snapshot_.codes);
    }

    [[nodiscard]] mail::FailureCode shown(mail::FailureCode code) const {
        return snapshot_.codes.shown_as(code, snapshot_.settings.codes.extensions);
    }

    /// The catalogue's entry, if it has one.
    [[nodiscard]] const mail::CodeEntry* entry_of(mail::FailureCode code) const {
        return snapshot_.codes.find(shown(code));
    }

    [[nodiscard]] Json as_json(const dsn::ClassifiedRecipient& recipient) const {
        const mail::CodeEntry* entry = entry_of(recipient.code);
        const dsn::RecipientReport& report = recipient.report;
        return {
            {"recipient", report.recipient()},
            {"code", shown(recipient.code).number()},
            {"name", entry == nullptr ? Json(nullptr) : Json(entry->name)},
            {"class",
             entry == nullptr ? Json(nullptr) : Json(mail::wire_name(entry->failure_class))},
            {"action", dsn::wire_name(report.action)},
            {"status", report.status.has_value() ? Json(report.status->text()) : Json(nullptr)},
            {"reply", report.reply.has_value() ? Json(report.reply->line()) : Json(nullptr)},
            {"diagnostic", text_or_null(report.diagnostic)},
            {"remote_mta", text_or_null(report.remote_mta)},
            {"rule", text_or_null(recipient.rule)},
        };
    }

    void write(const std::string& name, const dsn::Understanding& understanding) const {
        if (!context_.json()) {
            write_human(name, understanding);
            return;
        }
        Json recipients = Json::array();
        for (const dsn::ClassifiedRecipient& recipient : understanding.recipients) {
            recipients.push_back(as_json(recipient));
        }
        write_json(context_.out,
                   {
                       {"file", name},
                       {"kind", dsn::wire_name(understanding.report.kind)},
                       {"code",
                        understanding.code.has_value() ? Json(shown(*understanding.code).number())
                                                       : Json(nullptr)},
                       {"recipients", std::move(recipients)},
                       // A file says nothing of the way on which it came.
                       {"proof", mail::wire_name(mail::Proof::Unproven)},
                   });
    }

    void write_human(const std::string& name, const dsn::Understanding& understanding) const {
        context_.out << fmt::format(
            "{}: {}", core::printable(name), dsn::wire_name(understanding.report.kind));
        if (understanding.code.has_value()) {
            context_.out << ' ' << code_words(*understanding.code);
        }
        context_.out << '\n';
        for (const dsn::ClassifiedRecipient& recipient : understanding.recipients) {
            const dsn::RecipientReport& report = recipient.report;
            context_.out << fmt::format("    {}  {}  {}\n",
                                        core::printable(report.recipient()),
                                        code_words(recipient.code),
                                        dsn::wire_name(report.action));
            if (!report.diagnostic.empty()) {
                constexpr std::size_t kMostDiagnostic = 300;
                context_.out << fmt::format("        {}\n",
                                            core::printable(report.diagnostic, kMostDiagnostic));
            }
            if (!recipient.rule.empty()) {
                context_.out << fmt::format("        rule {}\n", core::printable(recipient.rule));
            }
        }
    }

    [[nodiscard]] std::string code_words(mail::FailureCode code) const {
        const mail::CodeEntry* entry = entry_of(code);
        return fmt::format("{} {}",
                           shown(code).number(),
                           entry == nullptr ? "(not in the catalogue)" : entry->name);
    }

    const CommandContext& context_;
    const flow::Snapshot& snapshot_;
    io::GmimeReader reader_;
};

bool say_unreadable(const CommandContext& context, const std::string& path, int error) {
    context.err << fmt::format(
        "holdbackctl: {}: {}\n", core::printable(path), std::generic_category().message(error));
    return false;
}

/// False when the file cannot be read.
bool classify_file(const CommandContext& context,
                   const Classifier& classifier,
                   const std::string& path) {
    if (path == "-") {
        classifier.read_all(path, std::cin);
        return true;
    }
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file.is_open()) {
        return say_unreadable(context, path, errno == 0 ? EIO : errno);
    }
    classifier.read_all(path, file);
    return !file.bad() || say_unreadable(context, path, EIO);
}

std::string_view resend_words(const mail::CodeEntry& entry) {
    return entry.resend_helps ? "may help" : "does not help";
}

void write_entry(const CommandContext& context,
                 const dsn::Explanation& explanation,
                 const mail::CodeEntry& entry) {
    FieldList fields;
    fields.add("code", fmt::format("{} {}", entry.code.number(), entry.name));
    fields.add("class", mail::wire_name(entry.failure_class));
    if (entry.parent.has_value()) {
        fields.add("extension of", fmt::format("{}", entry.parent->number()));
    }
    fields.add("meaning", entry.meaning);
    fields.add("who must act", mail::wire_name(entry.who));
    fields.add("what to do", entry.advice);
    fields.add("sending again", resend_words(entry));
    fields.add("learning", mail::wire_name(entry.learning));
    if (explanation.rule != nullptr) {
        fields.add("rule", explanation.rule->id);
    }
    fields.write(context.out);
}

Json entry_json(const std::string& question,
                const dsn::Explanation& explanation,
                const mail::CodeEntry& entry) {
    return {
        {"question", question},
        {"code", entry.code.number()},
        {"name", entry.name},
        {"class", mail::wire_name(entry.failure_class)},
        {"parent", entry.parent.has_value() ? Json(entry.parent->number()) : Json(nullptr)},
        {"meaning", entry.meaning},
        {"who", mail::wire_name(entry.who)},
        {"advice", entry.advice},
        {"resend_helps", entry.resend_helps},
        {"learning", mail::wire_name(entry.learning)},
        {"rule", explanation.rule == nullptr ? Json(nullptr) : Json(explanation.rule->id)},
    };
}

}  // namespace

CommandResult classify(const CommandContext& context, const std::vector<std::string>& paths) {
    const auto snapshot = load_tool_snapshot(context);
    if (!snapshot.has_value()) {
        return std::unexpected(snapshot.error());
    }
    std::vector<std::string> unreadable;
    const std::vector<std::string> files = expand_paths(paths, unreadable);
    bool all_read = true;
    for (const std::string& path : unreadable) {
        all_read = say_unreadable(context, path, EACCES);
    }
    const Classifier classifier(context, **snapshot);
    for (const std::string& path : files) {
        all_read = classify_file(context, classifier, path) && all_read;
    }
    return all_read ? Exit::Done : Exit::No;
}

CommandResult explain(const CommandContext& context, const std::string& question) {
    const auto snapshot = load_tool_snapshot(context);
    if (!snapshot.has_value()) {
        return std::unexpected(snapshot.error());
    }
    const dsn::Explanation explanation =
        dsn::explain(question, (*snapshot)->rules, (*snapshot)->codes);
    if (explanation.entry == nullptr) {
        return std::unexpected(CommandError{
            Exit::No, fmt::format("the catalogue has no code {}", explanation.code.number())});
    }
    if (context.json()) {
        write_json(context.out, entry_json(question, explanation, *explanation.entry));
    } else {
        write_entry(context, explanation, *explanation.entry);
    }
    const bool asked_for_it =
        (*snapshot)->codes.find_name(core::to_lower(core::trim(question))) != nullptr ||
        mail::FailureCode::parse(core::trim(question)).has_value();
    if (explanation.rule == nullptr && !asked_for_it) {
        context.err << "holdbackctl: no rule knows this text\n";
        return Exit::No;
    }
    return Exit::Done;
}

}  // namespace holdback::milter
