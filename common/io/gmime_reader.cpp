// SPDX-License-Identifier: Apache-2.0
#include "io/gmime_reader.hpp"

#include "core/handle.hpp"
#include "core/text.hpp"
#include "dsn/html_text.hpp"
#include "dsn/message_view.hpp"
#include "io/charset.hpp"
#include "io/message_octets.hpp"
#include "mail/header.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmime/gmime.h>

namespace holdback::io {

namespace {

void unref(void* object) {
    g_object_unref(object);
}

template <typename T>
using Owned = core::Handle<T, &unref>;
using OwnedText = core::Handle<char, &g_free>;

/// GMime's tables, made once; they live as long as the process.
void init_gmime() {
    static const bool once = [] {
        g_mime_init();
        return true;
    }();
    static_cast<void>(once);
}

bool is_machine_text(std::string_view type) {
    static constexpr auto kTypes =
        std::to_array<std::string_view>({"message/delivery-status",
                                         "message/global-delivery-status",
                                         "message/feedback-report",
                                         "message/global-headers",
                                         "message/disposition-notification",
                                         "message/global-disposition-notification",
                                         "message/partial",
                                         "message/external-body"});
    return std::ranges::find(kTypes, type) != kTypes.end();
}

bool is_message(std::string_view type) {
    return type == "message/rfc822" || type == "message/global" || type == "message/news";
}

/// Walks GMime's tree and fills the view; one per message.
class TreeReader {
public:
    TreeReader(const ReaderLimits& limits, dsn::MessageView& view)
        : limits_(limits),
          view_(view),
          header_room_(limits.header_octets),
          text_room_(limits.total_text_octets) {}

    void read_message(GMimeMessage* message) {
        copy_headers(GMIME_OBJECT(message), view_.headers);
        if (const char* subject = g_mime_message_get_subject(message); subject != nullptr) {
            view_.subject = core::to_valid_utf8(core::trim(subject).substr(0, 4096));
        }
        GMimeObject* const root = g_mime_message_get_mime_part(message);
        if (root == nullptr) {
            view_.media_type = "text/plain";
            return;
        }
        view_.media_type = media_type(root);
        view_.parameters = parameters(root);
        read_object(root, Place{});
    }

    void limit_hit(std::string_view name) {
        if (std::ranges::find(view_.limits_hit, name) == view_.limits_hit.end()) {
            view_.limits_hit.emplace_back(name);
        }
    }

private:
    struct Place {
        int depth = 0;
        int embedded = 0;
    };

    // The recursion ends at `limits_.depth`.
    // NOLINTNEXTLINE(misc-no-recursion)
    void read_object(GMimeObject* object, Place place) {
        if (place.depth > limits_.depth) {
            limit_hit("depth");
            return;
        }
        if (GMIME_IS_MULTIPART(object)) {
            read_multipart(GMIME_MULTIPART(object), place);
            return;
        }
        if (has_room()) {
            read_single(object, place);
        }
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    void read_single(GMimeObject* object, Place place) {
        view_.parts.push_back(new_part(object, place));
        if (GMIME_IS_MESSAGE_PART(object)) {
            read_embedded(g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)),
                          view_.parts.size() - 1,
                          place);
        } else if (GMIME_IS_PART(object)) {
            read_leaf(GMIME_PART(object), view_.parts.size() - 1, place);
        }
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    void read_multipart(GMimeMultipart* multipart, Place place) {
        read_unsplit(multipart, place);
        const int count = g_mime_multipart_get_count(multipart);
        for (int index = 0; index < count && has_room(); ++index) {
            read_object(g_mime_multipart_get_part(multipart, index),
                        {.depth = place.depth + 1, .embedded = place.embedded});
        }
    }

    /// A multipart without any of its boundaries: all of it stands in front of the first part.
    void read_unsplit(GMimeMultipart* multipart, Place place) {
        const char* const prologue = g_mime_multipart_get_prologue(multipart);
        if (g_mime_multipart_get_count(multipart) > 0 || prologue == nullptr || !has_room()) {
            return;
        }
        const std::string_view raw = prologue;
        const std::size_t most = std::min(limits_.part_text_octets, text_room_);
        if (raw.size() > most) {
            limit_hit("text");
        }
        text_room_ -= std::min(text_room_, raw.size());
        dsn::MessagePart part;
        part.media_type = "text/plain";
        part.depth = place.depth + 1;
        part.embedded = place.embedded;
        part.text = to_utf8(std::string(raw.substr(0, most)), "utf-8");
        view_.parts.push_back(std::move(part));
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    void read_embedded(GMimeMessage* message, std::size_t node, Place place) {
        if (message == nullptr) {
            return;
        }
        view_.parts[node].headers = mail::HeaderList{};
        copy_headers(GMIME_OBJECT(message), view_.parts[node].headers);
        GMimeObject* const root = g_mime_message_get_mime_part(message);
        if (root != nullptr) {
            read_object(root, {place.depth + 1, place.embedded + 1});
        }
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    void read_leaf(GMimePart* leaf, std::size_t node, Place place) {
        const std::string type = view_.parts[node].media_type;
        const bool html = type == "text/html" || type == "text/enriched";
        if (is_message(type)) {
            read_encoded_message(decoded(leaf, limits_.octets), node, place);
            return;
        }
        if (!type.starts_with("text/") && !is_machine_text(type)) {
            return;
        }
        const std::size_t most = std::min(limits_.part_text_octets, text_room_);
        std::string raw = decoded(leaf, most);
        text_room_ -= std::min(text_room_, raw.size());
        const char* charset =
            g_mime_object_get_content_type_parameter(GMIME_OBJECT(leaf), "charset");
        std::string text = to_utf8(std::move(raw), charset == nullptr ? "utf-8" : charset);
        dsn::MessagePart& part = view_.parts[node];
        part.was_html = html;
        part.text = html ? dsn::html_to_text(text) : std::move(text);
    }

    /// A message within base64 or quoted-printable, which RFC 2046 forbids and which is sent
    /// anyway.
    // NOLINTNEXTLINE(misc-no-recursion)
    void read_encoded_message(const std::string& octets, std::size_t node, Place place) {
        const std::string text = with_plain_line_ends(octets);
        const Owned<GMimeStream> stream(
            g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
        const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
        const Owned<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
        read_embedded(message.get(), node, place);
    }

    /// A part's content without its transfer encoding, line ends as "\n", at most `most` octets.
    std::string decoded(GMimePart* leaf, std::size_t most) {
        GMimeDataWrapper* const content = g_mime_part_get_content(leaf);
        if (content == nullptr) {
            return {};
        }
        const Owned<GMimeStream> memory(g_mime_stream_mem_new());
        g_mime_data_wrapper_write_to_stream(content, memory.get());
        const GByteArray* const octets =
            g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
        std::string text(octets->len, '\0');
        if (octets->len > 0) {
            std::memcpy(text.data(), octets->data, octets->len);
        }
        if (text.find('\r') != std::string::npos) {
            text = plain(text);
        }
        if (text.size() > most) {
            limit_hit("text");
            text.resize(most);
        }
        return text;
    }

    static std::string plain(std::string_view text) {
        std::string out;
        out.reserve(text.size());
        for (std::size_t at = 0; at < text.size(); ++at) {
            const bool before_line_feed = at + 1 < text.size() && text[at + 1] == '\n';
            if (text[at] != '\r') {
                out.push_back(text[at]);
            } else if (!before_line_feed) {
                out.push_back('\n');
            }
        }
        return out;
    }

    dsn::MessagePart new_part(GMimeObject* object, Place place) {
        dsn::MessagePart part;
        part.media_type = media_type(object);
        part.parameters = parameters(object);
        part.depth = place.depth;
        part.embedded = place.embedded;
        copy_headers(object, part.headers);
        return part;
    }

    static std::string media_type(GMimeObject* object) {
        GMimeContentType* const type = g_mime_object_get_content_type(object);
        if (type == nullptr) {
            return "text/plain";
        }
        const OwnedText name(g_mime_content_type_get_mime_type(type));
        return name == nullptr ? "text/plain" : core::to_lower(name.get());
    }

    static std::vector<std::pair<std::string, std::string>> parameters(GMimeObject* object) {
        static constexpr auto kNames = std::to_array<const char*>(
            {"report-type", "charset", "name", "feedback-type", "headers-type"});
        std::vector<std::pair<std::string, std::string>> found;
        for (const char* const name : kNames) {
            const char* const value = g_mime_object_get_content_type_parameter(object, name);
            if (value != nullptr) {
                const std::string_view text = std::string_view(value).substr(0, 256);
                found.emplace_back(name, core::to_valid_utf8(text));
            }
        }
        return found;
    }

    void copy_headers(GMimeObject* object, mail::HeaderList& headers) {
        GMimeHeaderList* const list = g_mime_object_get_header_list(object);
        const int count = list == nullptr ? 0 : g_mime_header_list_get_count(list);
        for (int index = 0; index < count; ++index) {
            GMimeHeader* const header = g_mime_header_list_get_header_at(list, index);
            const char* const name = g_mime_header_get_raw_name(header);
            const char* const raw = g_mime_header_get_raw_value(header);
            std::string_view value = raw == nullptr ? "" : raw;
            if (value.ends_with('\n')) {
                value.remove_suffix(1);
            }
            const std::size_t size = std::strlen(name) + value.size();
            if (size > header_room_) {
                limit_hit("header");
                return;
            }
            header_room_ -= size;
            headers.add(name, value);
        }
    }

    bool has_room() {
        if (view_.parts.size() < limits_.parts) {
            return true;
        }
        limit_hit("parts");
        return false;
    }

    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): lives within one call
    const ReaderLimits& limits_;
    dsn::MessageView& view_;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
    std::size_t header_room_;
    std::size_t text_room_;
};

}  // namespace

GmimeReader::GmimeReader(ReaderLimits limits) : limits_(limits) {
    init_gmime();
}

dsn::MessageView GmimeReader::read(std::string_view octets) const {
    dsn::MessageView view;
    TreeReader tree(limits_, view);
    std::string text = refolded(with_plain_line_ends(octets.substr(0, limits_.octets)));
    if (octets.size() > limits_.octets) {
        tree.limit_hit("size");
    }
    if (text.empty()) {
        view.media_type = "text/plain";
        return view;
    }
    if (cut_header(text, limits_.header_octets)) {
        tree.limit_hit("header");
    }
    if (const std::size_t end = bounded_work(text); end < text.size()) {
        tree.limit_hit("depth");
        text.resize(end);
    }
    const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
    const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
    const Owned<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
    if (message == nullptr) {
        view.media_type = "text/plain";
        return view;
    }
    tree.read_message(message.get());
    return view;
}

}  // namespace holdback::io
