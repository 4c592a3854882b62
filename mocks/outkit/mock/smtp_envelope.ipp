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
    envelope_id_.clear();
    full_report_ = false;
    chunks_.clear();
    chunked_ = 0;
}

// Somebody who has not signed in waits for the answer to MAIL (observed: tarickb/sasl-xoauth2#96).
OUTKIT_DEF flow<> session::hold_back()
{
    auto const delay = world_.policy.service.failed_mail_delay;
    if (signed_in_ || !greeted_ || !wire_.encrypted() || delay == 0ms)
        co_return;
    co_await flush();
    co_await detail::sleep_for(delay);
}

// What MAIL gets before a sign-in. The reason of an earlier refusal is repeated (observed: tarickb/sasl-xoauth2#96,
// MicrosoftDocs/OfficeDocs-Exchange#3124; the older words: mageplaza/magento-2-smtp#268).
OUTKIT_INLINE std::string session::not_signed_in() const
{
    if (generic())
        return "530 5.7.0 Sign in first";
    if (profile() == smtp_profile::classic)
        return marked("530 5.7.57 SMTP; Client was not authenticated to send anonymous mail during MAIL FROM");
    std::string text = "530 5.7.57 Client not authenticated to send mail.";
    if (!last_failure_.empty())
        text += " Error: " + last_failure_;
    return marked(text);
}

OUTKIT_INLINE void session::mail(std::string_view argument)
{
    auto const path = codec::parse_path_argument(argument, "FROM:");
    fields f{{"from", path.path.to_string()}};
    auto const reply = [&](std::string text, std::string_view why = {}) {
        answer("MAIL FROM", std::move(text), std::move(f), why);
    };
    if (!greeted_)
        return reply(std::string(words().hello_first));
    if (!wire_.encrypted())
        return reply(marked(words().tls_for_mail));
    if (!signed_in_)
        return reply(not_signed_in());
    if (has_sender_)
        return reply(std::string(words().second_sender));
    using fault = codec::path_argument::fault;
    if (path.wrong == fault::syntax || path.wrong == fault::address)
        return reply(std::string(words().bad_sender));
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
    // RFC 3461 section 4.3 and 4.4
    bool full_report = false;
    if (auto const* const p = path.parameter("RET"))
    {
        full_report = codec::same_word(*p, "FULL");
        parameters = parameters && (full_report || codec::same_word(*p, "HDRS"));
    }
    std::string envelope_id;
    if (auto const* const p = path.parameter("ENVID"))
    {
        auto const decoded = codec::decode_xtext(*p);
        parameters = parameters && decoded && !decoded->empty() && p->size() <= 100;
        envelope_id = codec::printable(decoded.value_or(""));
    }
    if (!parameters)
        return reply(std::string(words().bad_parameter));
    if (!path.path.ascii() && !path.parameter("SMTPUTF8"))
        return reply(std::string(words().bad_sender), "not ASCII, and no SMTPUTF8 was asked for");
    if (size > world_.policy.service.smtp_size)
        return reply(std::string(words().too_large));
    if (generic() && !path.path.empty() && !may_send(path.path.to_string()))  // RFC 6409 section 6.1
        return reply("550 5.7.1 You may not send as this address");
    has_sender_ = true;
    from_ = path.path;
    full_report_ = full_report;
    envelope_id_ = std::move(envelope_id);
    reply(std::string(words().sender_ok));
}

OUTKIT_INLINE void session::add_recipient(std::string_view argument)
{
    auto const path = codec::parse_path_argument(argument, "TO:");
    fields f{{"to", path.path.to_string()}};
    auto const reply = [&](std::string text) { answer("RCPT TO", std::move(text), std::move(f)); };
    if (!has_sender_)
        return reply(std::string(words().need_mail));
    using fault = codec::path_argument::fault;
    if (path.wrong == fault::syntax || path.wrong == fault::address || path.path.empty())
        return reply(std::string(words().bad_recipient));
    bool parameters = path.wrong == fault::none;
    for (auto const& [name, value] : path.parameters)
        parameters = parameters && (name == "NOTIFY" || name == "ORCPT");
    recipient r;
    if (auto const* const p = path.parameter("NOTIFY"))  // RFC 3461 section 4.1: NEVER stands alone
    {
        bool never = false, other = false;
        r.on_failure = false;
        std::string_view rest = *p;
        for (bool more = !rest.empty(); more;)
        {
            auto const comma = std::min(rest.find(','), rest.size());
            std::string const word = codec::upper(rest.substr(0, comma));
            never = never || word == "NEVER";
            other = other || word != "NEVER";
            r.on_success = r.on_success || word == "SUCCESS";
            r.on_failure = r.on_failure || word == "FAILURE";
            parameters = parameters && (word == "NEVER" || word == "SUCCESS" || word == "FAILURE" || word == "DELAY");
            more = comma != rest.size();
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
        parameters = parameters && never != other;
    }
    if (auto const* const p = path.parameter("ORCPT"))  // addr-type ";" xtext
    {
        auto const semicolon = p->find(';');
        auto const decoded = codec::decode_xtext(std::string_view(*p).substr(std::min(semicolon, p->size() - 1) + 1));
        parameters = parameters && semicolon != p->npos && semicolon != 0 && decoded && p->size() <= 500;
        if (parameters)
            r.original = codec::printable(p->substr(0, semicolon + 1) + *decoded);
    }
    if (!parameters)
        return reply(std::string(words().bad_parameter));
    if (to_.size() >= world_.policy.service.recipients_per_message)
        return reply(std::string(words().too_many_recipients));
    std::string const address = path.path.to_string();
    if (generic() && world_.directory.find_tenant(path.path.domain()) && !mailbox_of(address))
        return reply("550 5.1.1 Nobody here has that address");
    r.address = path.path;
    to_.push_back(std::move(r));
    reply(std::string(words().recipient_ok));  // also when nobody has that address: Exchange tells the sender later
}

}  // namespace smtp_detail

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
