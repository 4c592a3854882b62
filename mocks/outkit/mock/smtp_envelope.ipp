#ifndef OUTKIT_MOCK_SMTP_ENVELOPE_IPP
#define OUTKIT_MOCK_SMTP_ENVELOPE_IPP

#include <outkit/mock/smtp.ipp>
#include <outkit/mock/smtp_state.hpp>
#include <outkit/smtp/detail/text.hpp>

#include <algorithm>

namespace outkit::inline OUTKIT_ABI::mock {
namespace smtp_detail {

OUTKIT_INLINE void session::reset()
{
    has_sender_ = chunking_ = false;
    from_ = {};
    to_.clear();
    chunks_.clear();
    chunked_ = 0;
}

OUTKIT_INLINE void session::mail(std::string_view argument)
{
    auto const path = codec::parse_path_argument(argument, "FROM:");
    fields f{{"from", path.path.to_string()}};
    auto const reply = [&](std::string text, std::string_view why = {}) {
        answer("MAIL FROM", std::move(text), std::move(f), why);
    };
    if (!greeted_)
        return reply("503 5.5.2 Send hello first");
    if (!wire_.encrypted())
        return reply("451 5.7.3 STARTTLS is required to send mail " + bracket());
    if (!signed_in_)
    {
        // observed: tarickb/sasl-xoauth2#96; the reason of an earlier failure is repeated: MicrosoftDocs/OfficeDocs-Exchange#3124
        std::string text = "530 5.7.57 Client not authenticated to send mail. ";
        if (!last_failure_.empty())
            text += "Error: " + last_failure_ + ' ';
        return reply(text + bracket());
    }
    if (has_sender_)
        return reply("503 5.5.2 Sender already specified");
    using fault = codec::path_argument::fault;
    if (path.wrong == fault::syntax || path.wrong == fault::address)
        return reply("550 5.1.7 Invalid address");
    static constexpr std::string_view known[] = {"SIZE", "BODY", "AUTH", "RET", "ENVID", "SMTPUTF8"};
    bool parameters = path.wrong == fault::none;
    for (auto const& [name, value] : path.parameters)
        parameters = parameters && std::find(std::begin(known), std::end(known), name) != std::end(known);
    std::uint64_t size = 0;
    if (auto const* const p = path.parameter("SIZE"))
    {
        auto const n = codec::number(*p);
        parameters = parameters && n;
        size = n.value_or(0);
    }
    if (auto const* const p = path.parameter("BODY"))
    {
        std::string const body = codec::upper(*p);
        parameters = parameters && (body == "7BIT" || body == "8BITMIME" || body == "BINARYMIME");
    }
    if (!parameters)
        return reply("501 5.5.4 Invalid arguments");
    if (!path.path.ascii() && !path.parameter("SMTPUTF8"))
        return reply("550 5.1.7 Invalid address", "not ASCII, and no SMTPUTF8 was asked for");
    if (size > world_.policy.service.smtp_size)
        return reply("552 5.3.4 Message size exceeds fixed maximum message size");
    has_sender_ = true;
    from_ = path.path;
    reply("250 2.1.0 Sender OK");
}

OUTKIT_INLINE void session::recipient(std::string_view argument)
{
    auto const path = codec::parse_path_argument(argument, "TO:");
    fields f{{"to", path.path.to_string()}};
    auto const reply = [&](std::string text) { answer("RCPT TO", std::move(text), std::move(f)); };
    if (!has_sender_)
        return reply("503 5.5.2 Need mail command");
    using fault = codec::path_argument::fault;
    if (path.wrong == fault::syntax || path.wrong == fault::address || path.path.empty())
        return reply("550 5.1.7 Invalid address");
    for (auto const& [name, value] : path.parameters)
        if (path.wrong != fault::none || (name != "NOTIFY" && name != "ORCPT"))
            return reply("501 5.5.4 Invalid arguments");
    if (to_.size() >= world_.policy.service.recipients_per_message)
        return reply("452 4.5.3 Too many recipients");
    to_.push_back(path.path);
    reply("250 2.1.5 Recipient OK");  // also when nobody has that address: unknown users are bounced later
}

}  // namespace smtp_detail

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
