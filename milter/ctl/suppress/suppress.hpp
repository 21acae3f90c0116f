// SPDX-License-Identifier: Apache-2.0
#pragma once
// `holdbackctl suppress`: the list of addresses and domains that are held back. Works on the store
// itself, beside a running daemon or without one.

#include "lists/list_rows.hpp"
#include "milter/ctl/command.hpp"
#include "terms/failure_code.hpp"
#include "terms/suppression.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::milter::ctl {

/// For whose mail an entry is to count, as the command line says it.
struct ScopeOptions {
    /// "global", "sender-domain" and "sender" (the latter two of `sender`), or a domain or address.
    std::optional<std::string> scope;
    /// An address or a domain. Without `scope`, the settings tell what becomes of it.
    std::optional<std::string> sender;
};

struct SuppressAddOptions {
    std::vector<std::string> subjects;  ///< see `terms::parse_subject`; "-" is standard input
    terms::SuppressionReason reason = terms::SuppressionReason::Manual;
    /// nullopt: the code that goes with the reason.
    std::optional<terms::FailureCode> code;
    ScopeOptions scope;
    std::string note;
    std::optional<std::chrono::milliseconds> expires_after;
    bool hash = false;
    bool dry_run = false;
};

/// Writes entries of the administrator's over what was there.
[[nodiscard]] CommandResult suppress_add(const CommandContext& context,
                                         const SuppressAddOptions& options);

/// Which entries a command is about: those that fit all that is set.
struct SuppressSelection {
    std::optional<terms::SuppressionReason> reason;
    std::optional<terms::FailureCode> code;
    std::optional<std::string> domain;
    std::optional<terms::SubjectKind> kind;
    /// The name of a kind of scope, or a scope.
    std::optional<std::string> scope;
    /// Entries whose scope this sender or sender domain is.
    std::optional<std::string> sender;
    std::optional<terms::SuppressionSource> source;
    std::optional<terms::Proof> proof;
    std::optional<std::chrono::milliseconds> older;  ///< last seen longer ago
    std::optional<std::chrono::milliseconds> newer;  ///< last seen within this time
    bool with_inactive = false;                      ///< what is still counted or has expired, too

    /// True when something narrows the selection.
    [[nodiscard]] bool is_narrowed() const;
};

struct SuppressRemoveOptions {
    std::vector<std::string> subjects;
    SuppressSelection selection;  ///< instead of subjects; of subjects, the scopes alone
    bool release = false;         ///< have the daemon release what the entries held
    bool dry_run = false;
    bool yes = false;  ///< really remove what was selected
};

/// Lifts entries. `No` when one of the subjects had none, or nothing was selected.
[[nodiscard]] CommandResult suppress_remove(const CommandContext& context,
                                            const SuppressRemoveOptions& options);

/// How entries are written where it is not JSON.
enum class EntryForm : std::uint8_t { Human, Csv };

/// All about some subjects, of all scopes; for an address, what covers its domain as well.
[[nodiscard]] CommandResult suppress_show(const CommandContext& context,
                                          const std::vector<std::string>& texts,
                                          EntryForm form);

[[nodiscard]] CommandResult suppress_list(const CommandContext& context,
                                          const SuppressSelection& selection,
                                          EntryForm form);

/// Counts by reason, code, source, proof and standing, and the domains with the most entries.
[[nodiscard]] CommandResult suppress_stats(const CommandContext& context,
                                           std::size_t domains,
                                           EntryForm form);

enum class ExportForm : std::uint8_t {
    Csv,        ///< what `import` takes back without loss
    JsonLines,  ///< an object a line
    Postfix,    ///< an access map
    Sendmail,   ///< lines of an access map
};

[[nodiscard]] std::optional<ExportForm> parse_export_form(std::string_view name);

/// Writes entries for other programs; what the form cannot say is counted on standard error.
[[nodiscard]] CommandResult suppress_export(const CommandContext& context,
                                            const SuppressSelection& selection,
                                            ExportForm form);

struct SuppressImportOptions {
    std::vector<std::string> files;     ///< "-" is standard input
    std::optional<std::string> format;  ///< nullopt: told by the first line
    std::optional<std::string> column;  ///< of the addresses; nullopt: found by itself
    /// Of rows that tell none, and of those whose word is not known; nullopt: see `RowDefaults`.
    std::optional<terms::SuppressionReason> reason;
    lists::SoftBounces soft = lists::SoftBounces::PassOver;
    ScopeOptions scope;
    bool hash = false;
    bool replace = false;
    bool dry_run = false;
    bool verbose = false;  ///< report every bad line
};

/// Takes lists of mail services in. `No` when some lines were bad; the others are in. Nothing is
/// taken when no word of a list's column of status is known.
[[nodiscard]] CommandResult suppress_import(const CommandContext& context,
                                            const SuppressImportOptions& options);

}  // namespace holdback::milter::ctl
