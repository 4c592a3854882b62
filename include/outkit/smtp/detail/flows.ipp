#ifndef OUTKIT_SMTP_DETAIL_FLOWS_IPP
#define OUTKIT_SMTP_DETAIL_FLOWS_IPP

#include <outkit/sasl/challenge.hpp>
#include <outkit/sasl/error.hpp>
#include <outkit/smtp/detail/flows.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace outkit::inline OUTKIT_ABI::smtp::detail {

using outkit::detail::attempt;
using outkit::detail::fail;
using outkit::detail::wire;

OUTKIT_DECL std::string shown(reply const& r)
{
    std::string text = to_string(r);
    text.erase(0, std::min<std::size_t>(4, text.size()));  // the code is in the error
    return outkit::detail::without_tokens(text);
}

OUTKIT_DEF void forget_refusal(session& s)
{
    s.server_said->clear();
    s.refused = {};
}

// What was said in plaintext anybody may have said.
OUTKIT_DECL void note_refusal(session& s, reply const& r)
{
    if (r.code >= 400 && (s.w.encrypted() || s.at.security == security::plaintext_loopback))
        s.refused = r;
}

// A reply with the text of each line.
struct full_reply
{
    reply said;
    std::vector<std::string> lines;
};

OUTKIT_DECL flow<full_reply> read_full_reply(session& s)
{
    using std::chrono::milliseconds;
    outkit::detail::environment& world = co_await outkit::detail::this_environment();
    milliseconds const patience = s.w.patience;  // for all of the reply, however slowly it drips
    auto const deadline = world.now() + patience;
    reply_reader reader(s.at.limits);
    while (!reader.complete())
    {
        auto const line = s.w.buffered_line();
        if (!line)
        {
            auto const left = std::chrono::ceil<milliseconds>(deadline - world.now());
            s.w.patience = std::max(left, milliseconds(0));
            co_await s.w.fill();
            continue;
        }
        if (error_code const ec = reader.add(*line))
            co_await fail(ec);
    }
    s.w.patience = patience;
    full_reply r;
    r.lines = reader.lines();
    r.said = reader.take();
    co_return r;
}

// The server is closing: that is the end, whatever was asked.
OUTKIT_DECL flow<reply> read_reply(session& s)
{
    full_reply r = co_await read_full_reply(s);
    note_refusal(s, r.said);
    if (r.said.code == int(error::service_closing))
        co_await fail(error::service_closing, shown(r.said));
    co_return std::move(r.said);
}

// What is here before a command has been sent is no answer to it; but a server may say that it is closing.
OUTKIT_DECL flow<> expect_silence(session& s)
{
    if (!s.w.has_buffered())
        co_return;
    co_await read_reply(s);
    co_await fail(error::early_reply);
}

// A reply that belongs to the command is 25x, or 4xx, or 5xx.
OUTKIT_DECL bool belongs(reply const& r) { return r.code / 10 == 25 || r.code >= 400; }

OUTKIT_DECL flow<reply> send_command(session& s, stage what, std::string line)
{
    forget_refusal(s);
    s.now = what;
    if (!s.ready)
        co_await fail(outkit::error::not_connected);
    co_await expect_silence(s);
    s.w.patience = s.at.timeouts.command;
    co_await s.w.write(std::move(line));
    co_return co_await read_reply(s);
}

OUTKIT_DECL flow<> read_greeting(session& s)
{
    s.now = stage::greeting;
    s.w.patience = s.at.timeouts.greeting;
    auto greeting = co_await attempt(read_full_reply(s));
    if (greeting.ec == error::malformed_reply)
        greeting.ec = error::malformed_greeting;
    if (greeting.ec)
        co_await fail(greeting.ec);
    int const code = greeting.value->said.code;
    note_refusal(s, greeting.value->said);
    std::string words;  // in plaintext anybody may have said it: none
    if (s.w.encrypted())
        words = shown(greeting.value->said);
    if (code >= 400)
        co_await fail(reply_error(code), std::move(words));
    if (code != 220)
        co_await fail(error::malformed_greeting);
}

// Returns the code, 250 if all is well. Whatever was known before is forgotten. HELO is never said in its place: a server
// that knows no EHLO has neither STARTTLS nor AUTH, which only EHLO announces (RFC 3207, RFC 4954), and nobody in between is
// to talk us into less.
OUTKIT_DECL flow<reply> say_ehlo(session& s)
{
    s.offered = {};
    s.now = stage::ehlo;
    s.w.patience = s.at.timeouts.command;
    co_await expect_silence(s);
    co_await s.w.write("EHLO " + s.at.client_name + "\r\n");
    full_reply const r = co_await read_full_reply(s);
    if (r.said.code == 250)
        s.offered = parse_extensions(r.lines);
    co_return r.said;
}

// Whatever goes wrong between greeting and handshake, it may be somebody in the middle: the outcome is TLS or
// tls_required, and nothing that was said is shown or kept (RFC 3207 section 6, RFC 8314 section 5.1).
OUTKIT_DECL flow<> ask_for_tls(session& s)
{
    reply const ehlo = co_await say_ehlo(s);
    if (ehlo.code != 250)
        co_await fail(outkit::error::tls_required);
    co_await expect_silence(s);
    s.now = stage::starttls;
    co_await s.w.write("STARTTLS\r\n");  // even if it is not offered: somebody may have taken it out
    full_reply const r = co_await read_full_reply(s);
    if (r.said.code != 220)
        co_await fail(outkit::error::tls_required);
}

OUTKIT_DEF flow<extensions> connect(session& s, endpoint to)
{
    forget_refusal(s);
    s.ready = s.authenticated = false;
    s.offered = {};
    if (!valid_client_name(to.client_name))
        co_await fail(error::invalid_client_name);
    if (to.security == security::plaintext_loopback && !sasl::confidential::on_loopback(to.host))
        co_await fail(outkit::error::tls_required);
    s.at = std::move(to);
    s.w.max_line = s.at.limits.reply_line;
    s.w.untold = false;

    s.now = stage::connect;
    s.w.patience = s.at.timeouts.connect;
    co_await s.w.connect(s.at.host, s.at.port, false);
    if (s.at.security == security::implicit_tls)
    {
        s.now = stage::tls_handshake;
        s.w.patience = s.at.timeouts.tls_handshake;
        co_await s.w.start_tls();
    }
    co_await read_greeting(s);
    if (s.at.security == security::starttls_required)
    {
        auto const asked = co_await attempt(ask_for_tls(s));
        if (asked.ec == error::malformed_reply || asked.ec == error::early_reply ||
            asked.ec == outkit::error::bare_line_feed || asked.ec == error::service_closing)
            co_await fail(outkit::error::tls_required);
        if (asked.ec)
            co_await fail(asked.ec);
        s.now = stage::tls_handshake;
        s.w.patience = s.at.timeouts.tls_handshake;
        co_await s.w.start_tls();
    }
    reply const ehlo = co_await say_ehlo(s);
    note_refusal(s, ehlo);
    if (ehlo.code >= 500)
        co_await fail(error::extensions_not_offered, shown(ehlo));
    if (ehlo.code >= 400)
        co_await fail(reply_error(ehlo.code), shown(ehlo));
    if (ehlo.code != 250)
        co_await fail(error::unexpected_reply, shown(ehlo));
    s.ready = true;
    co_return s.offered;
}

OUTKIT_DECL std::string with_challenge(reply const& r, sasl::error_challenge const& c)
{
    std::string text = shown(r);
    if (!c.status.empty())
        text += "; status " + c.status;
    if (!c.scope.empty())
        text += "; scope " + c.scope;
    return outkit::detail::without_tokens(text.substr(0, 512));
}

OUTKIT_DEF flow<> authenticate(session& s, std::string user, access_token token)
{
    static constexpr std::size_t longest_command = 512;  // RFC 5321 section 4.5.3.1.4, with CRLF
    static constexpr int most_challenges = 3;
    forget_refusal(s);
    s.now = stage::auth;
    if (!s.ready)
        co_await fail(outkit::error::not_connected);
    if (s.authenticated)
        co_await fail(error::already_authenticated);
    auto proof = sasl::confidential::over(s.w);
    if (!proof && s.at.security == security::plaintext_loopback)
        proof = sasl::confidential::on_loopback(s.at.host);
    if (!proof)
        co_await fail(outkit::error::tls_required);
    if (!s.offered.has_mechanism("XOAUTH2"))
        co_await fail(error::xoauth2_not_offered);

    sasl::error wrong{};
    auto encoded = sasl::encode_xoauth2(user, token.reveal(), *proof, wrong);
    if (!encoded)
        co_await fail(wrong);
    secret const response(std::move(*encoded));
    co_await expect_silence(s);
    s.w.patience = s.at.timeouts.command;

    std::string line = "AUTH XOAUTH2";
    line.reserve(longest_command);  // where it grew it would leave the token behind
    bool sent = line.size() + 1 + response.size() + 2 <= longest_command;
    if (sent)
        (line += ' ') += response.reveal();
    line += "\r\n";
    auto const kind = sent ? wire::content::secret : wire::content::plain;
    co_await s.w.write(std::move(line), kind);

    sasl::error_challenge refused;
    bool answered = false;  // an error challenge
    for (int challenges = 0;;)
    {
        reply const r = co_await read_reply(s);
        if (r.code == 235)
        {
            if (!sent || answered)
                co_await fail(error::completed_without_credentials);
            s.authenticated = true;
            co_return;
        }
        if (r.code >= 400)
            co_await fail(reply_error(r.code), with_challenge(r, refused));
        if (r.code != 334)
            co_await fail(error::unexpected_reply, shown(r));
        if (++challenges > most_challenges || answered)
            co_await fail(error::too_many_challenges);

        auto challenge = sasl::decode_challenge(r.text, wrong);
        if (wrong == sasl::error::not_base64 || wrong == sasl::error::challenge_too_long)
        {
            co_await s.w.write("*\r\n");
            co_await fail(wrong);
        }
        co_await expect_silence(s);
        if (!sent)
        {
            std::string credentials;
            credentials.reserve(response.size() + 2);
            (credentials += response.reveal()) += "\r\n";
            co_await s.w.write(std::move(credentials), wire::redact);
            sent = true;
            continue;
        }
        if (challenge)
            refused = std::move(*challenge);
        answered = true;
        co_await s.w.write("\r\n");
    }
}

inline constexpr std::size_t largest_group = 16 * 1024;  // so that the replies fit into the server's socket buffer
inline constexpr std::size_t source_piece = 64 * 1024;   // read from a source at once

// A message made ready: what to say for it, and what was found out about it.
struct prepared
{
    error_code ec;
    std::vector<std::string> recipients;  // RCPT commands
    std::string opening;                  // MAIL command
    bool data_at_once = false;            // DATA may go out before the replies to RCPT are known
    transfer how = transfer::data;        // as the server offers it
    std::string message_id;
    std::string head;          // of a source: its first octets
    bool all_read = true;      // there is no more than that
    bool ready = false;        // data_writer would change nothing
    std::uint64_t octets = 0;  // read of the source
    examiner seen;

    // MAIL, RCPT and, where allowed, DATA: what may be sent in one go (RFC 2920 section 3.1).
    std::string group() const
    {
        std::string text = opening;
        for (auto const& r : recipients)
            text += r;
        return data_at_once ? text + "DATA\r\n" : text;
    }

    // What of the content is in memory: all of it, or the beginning of a source.
    std::string_view here(mail const& m) const { return m.source.read ? std::string_view(head) : m.content; }
};

// The next octets of a source; 0 at its end, and with an error.
OUTKIT_DECL std::size_t read_source(mail const& m, prepared& p, char* into, std::size_t most, error_code& ec)
{
    std::size_t n = m.source.read(into, most, ec);
    if (ec)
        return 0;
    n = std::min(n, most);
    p.octets += n;
    if (p.octets > m.source.octets)
        ec = error::more_than_announced;
    return ec ? 0 : n;
}

// Enough of a source to know its header. Short messages are read to their end.
OUTKIT_DECL error_code read_head(mail const& m, prepared& p)
{
    error_code ec;
    p.head.resize(source_piece);
    std::size_t have = 0;
    for (std::size_t n = 1; n != 0 && have != source_piece; have += n)
        n = read_source(m, p, p.head.data() + have, source_piece - have, ec);
    p.all_read = have != source_piece;
    p.head.resize(have);
    return ec;
}

// Why a message cannot be sent as it is.
OUTKIT_DECL error_code unfit(content_facts const& f, extensions const& offered)
{
    if (!f.binary && f.nul)
        return error::message_has_nul;
    if (!f.binary && f.longest_line > 998)
        return error::message_line_too_long;
    if (!f.binary && f.eight_bit && !offered.has("8BITMIME"))
        return error::eight_bit_not_offered;
    if (f.utf8_header && !offered.has("SMTPUTF8"))
        return error::smtputf8_not_offered;
    if (offered.size && f.size != octet_source::unknown && f.size > *offered.size)
        return error::message_too_large;
    return {};
}

OUTKIT_DECL error_code unfit(envelope const& e, session const& s)
{
    bool ascii = e.from.ascii();
    for (auto const& a : e.to)
        ascii = ascii && a.ascii() && !a.empty();
    if (e.to.empty() || std::any_of(e.to.begin(), e.to.end(), [](auto const& a) { return a.empty(); }))
        return error::no_recipient;
    if (e.to.size() > s.at.limits.recipients)
        return error::too_many_recipients;
    if (!ascii && !s.offered.has("SMTPUTF8"))
        return error::smtputf8_not_offered;
    if (e.report && (e.report->envelope_id.size() > 100 || printable(e.report->envelope_id) != e.report->envelope_id))
        return error::invalid_envelope_id;
    if (e.report && !std::all_of(e.report->recipients.begin(), e.report->recipients.end(), [&](auto const& r) {
            return std::find(e.to.begin(), e.to.end(), r.to) != e.to.end() &&
                   valid_original(r.original_type, r.original);
        }))
        return error::invalid_recipient_report;
    return {};
}

OUTKIT_DECL transfer transfer_of(mail const& m, extensions const& offered)
{
    if (!offered.has("CHUNKING") || (m.transfer == transfer::binary && !offered.has("BINARYMIME")))
        return transfer::data;
    return m.transfer;
}

OUTKIT_DECL prepared prepare(session const& s, mail const& m)
{
    prepared p;
    auto const& e = m.envelope;
    p.ec = unfit(e, s);
    if (!p.ec && m.source.read)
        p.ec = read_head(m, p);
    if (p.ec)
        return p;
    p.how = transfer_of(m, s.offered);
    content_facts facts = examine(p.here(m));
    facts.binary = p.how == transfer::binary;
    if (facts.binary)
        facts.size = p.here(m).size();
    if (!p.all_read)
    {
        p.seen.add(p.head);
        facts.size = m.source.octets;  // if its line ends are CRLF
        if (s.offered.has("8BITMIME"))
            facts.eight_bit = true;  // what comes may be
    }
    p.ec = unfit(facts, s.offered);
    if (p.ec)
        return p;
    p.ready = p.all_read && facts.ready;
    p.message_id = message_id_of(p.here(m));
    p.opening = mail_command(e, s.offered, facts);
    for (auto const& a : e.to)
        p.recipients.push_back(recipient_command(a, e, s.offered));
    // With more recipients and `all`, DATA must wait: once it has been answered with 354, those that were accepted
    // could not be kept from getting something.
    p.data_at_once = p.how == transfer::data && s.offered.has("PIPELINING") &&
                     (e.to.size() == 1 || e.policy == recipients_policy::any);
    return p;
}

// What of a message is to be sent, piece by piece. Of a source, what could not be looked at before is looked at here.
class content_reader
{
public:
    content_reader(mail const& m, prepared& p, extensions const& offered)
        : m_(m), p_(p), offered_(offered), here_(p.here(m))
    {
    }

    // The next octets, valid until the next call; empty at the end and with an error.
    std::string_view next(error_code& ec)
    {
        static constexpr std::size_t most = 128 * 1024;
        std::string_view piece = here_.substr(0, most);
        here_.remove_prefix(piece.size());
        if (!piece.empty() || p_.all_read)
            return piece;
        p_.head.resize(source_piece);
        piece = std::string_view(p_.head.data(), read_source(m_, p_, p_.head.data(), source_piece, ec));
        p_.all_read = piece.empty();
        if (ec)
            return {};
        p_.seen.add(piece);
        content_facts facts = p_.seen.facts();
        facts.binary = p_.how == transfer::binary;
        if (facts.binary)
            facts.size = p_.octets;
        ec = unfit(facts, offered_);
        return ec ? std::string_view() : piece;
    }

private:
    mail const& m_;
    prepared& p_;
    extensions const& offered_;
    std::string_view here_;
};

OUTKIT_DECL void refuse(delivery& d, reply r)
{
    if (!d.ec || d.ec == error::not_sent)
    {
        d.ec = reply_error(r.code);
        d.reply = std::move(r);
    }
}

// How far a message has come before its body.
struct opening
{
    bool may_go = false;     // somebody is to get it
    bool data_sent = false;  // DATA, but its reply has not been read
};

OUTKIT_DECL flow<reply> read_envelope_reply(session& s)
{
    reply r = co_await read_reply(s);
    if (!belongs(r))
        co_await fail(error::unexpected_reply, shown(r));
    co_return r;
}

OUTKIT_DECL flow<> read_recipient_reply(session& s, mail const& m, delivery& d)
{
    recipient_result result;
    result.to = m.envelope.to[d.recipients.size()];
    s.now = stage::rcpt;
    result.reply = co_await read_envelope_reply(s);
    if (!result.reply.positive())
    {
        result.ec = reply_error(result.reply.code);
        if (m.envelope.policy == recipients_policy::all)
            refuse(d, result.reply);
    }
    d.recipients.push_back(std::move(result));
}

// MAIL and RCPT of one message, which have been `sent` already or are sent now.
OUTKIT_DECL flow<opening> open_transaction(session& s, mail const& m, prepared const& p, delivery& d, bool sent)
{
    bool const pipelining = s.offered.has("PIPELINING");
    std::size_t const count = p.recipients.size();
    opening done;
    s.w.patience = s.at.timeouts.command;
    if (!sent)
        co_await expect_silence(s);
    std::size_t said = sent ? count : 0;
    done.data_sent = sent && p.data_at_once;
    bool mail_taken = false;
    for (bool first = true; first || (mail_taken && d.recipients.size() != count); first = false)
    {
        s.now = first ? stage::mail : stage::rcpt;
        if (!sent)
        {
            std::string group = first ? p.opening : std::string();
            while (said != count && (group.empty() || pipelining) && group.size() < largest_group)
                group += p.recipients[said++];
            done.data_sent = p.data_at_once && said == count;
            if (done.data_sent)
                group += "DATA\r\n";
            co_await s.w.write(std::move(group));
        }
        if (first)
        {
            reply r = co_await read_envelope_reply(s);
            mail_taken = r.positive();
            if (!mail_taken)
                refuse(d, std::move(r));
        }
        while (d.recipients.size() != said)
            co_await read_recipient_reply(s, m, d);
    }
    bool const any = std::any_of(d.recipients.begin(), d.recipients.end(), [](auto const& r) { return !r.ec; });
    if (mail_taken && !any)
        refuse(d, d.recipients.front().reply);
    done.may_go = d.ec == error::not_sent;
    co_return done;
}

// Sends a part of a message between commands. A trace is told the commands, and how many octets the part has.
OUTKIT_DECL flow<> write_content(session& s, std::string text, std::size_t begin, std::size_t end)
{
    if (s.w.trace)
    {
        std::string_view const all = text;
        std::string told(all.substr(0, begin));
        told += '<' + std::to_string(end - begin) + " bytes>";
        told += all.substr(end);
        s.w.report(wire::direction::sent, told);
    }
    s.w.untold = true;  // until another connection is made, if this fails
    co_await s.w.write(std::move(text));
    s.w.untold = false;
}

// Sends the body and, after it in the same go, what is next. In pieces, so that memory does not double.
OUTKIT_DECL flow<> send_content(session& s, progress& now, std::size_t index, mail const& m, prepared& p,
                                std::string const& next)
{
    static constexpr std::size_t most = 64 * 1024;
    content_reader body(m, p, s.offered);
    data_writer writer;
    std::string out;
    s.w.patience = s.at.timeouts.data_block;
    for (;;)
    {
        error_code ec;
        std::string_view const piece = body.next(ec);
        if (ec)  // half a message: the connection ends with it
        {
            now.deliveries[index].ec = ec;
            co_await fail(ec);
        }
        if (piece.empty())
            break;
        if (out.size() >= most)
        {
            std::size_t const size = out.size();
            co_await write_content(s, std::move(out), 0, size);
            out.clear();
        }
        out.reserve(piece.size() + piece.size() / 64 + 8 + next.size());
        if (p.ready)
            out += piece;
        else
            writer.add(piece, out);
    }
    writer.finish(out);
    std::size_t const size = out.size();
    out += next;
    if (!next.empty())  // half of it may be all of this message
        now.in_doubt = index;
    co_await write_content(s, std::move(out), 0, size);
    now.in_doubt = index;
}

OUTKIT_DECL flow<> give_up_transaction(session& s)
{
    s.now = stage::rset;
    co_await s.w.write("RSET\r\n");
    reply const r = co_await read_reply(s);
    if (r.code != 250)
        co_await fail(error::unexpected_reply, shown(r));
}

// The answers to chunks, until no more than `left` are to come; all of them once one is a refusal, which stays.
OUTKIT_DECL flow<> read_chunk_replies(session& s, std::size_t& unanswered, std::size_t left, reply& answer)
{
    while (unanswered > left)
    {
        reply r = co_await read_envelope_reply(s);
        --unanswered;
        if (answer.code >= 400 && r.positive() && unanswered == 0 && left == 0)
            co_await fail(error::unexpected_reply, shown(r));
        if (answer.code >= 400)
            continue;
        if (!r.positive())
            left = 0;
        answer = std::move(r);
    }
}

// Sends the body as chunks (RFC 3030), some ahead of the answers with PIPELINING.
OUTKIT_DECL flow<> send_chunks(session& s, progress& now, std::size_t index, mail const& m, prepared& p)
{
    static constexpr std::size_t most = 128 * 1024;
    std::size_t const ahead = s.offered.has("PIPELINING") ? 7 : 0;
    delivery& d = now.deliveries[index];
    content_reader body(m, p, s.offered);
    data_writer writer(false);
    std::string out;
    std::size_t unanswered = 0;
    reply answer;
    for (bool last = false; !last && answer.code < 400;)
    {
        error_code ec;
        std::string_view const piece = body.next(ec);
        if (ec)
        {
            d.ec = ec;
            co_await fail(ec);
        }
        last = piece.empty();
        if (p.how == transfer::binary)
            out += piece;
        else if (last)
            writer.finish(out);
        else
            writer.add(piece, out);
        if (!last && out.size() < most)
            continue;
        std::string chunk = "BDAT " + std::to_string(out.size());
        chunk += last ? " LAST\r\n" : "\r\n";
        std::size_t const begin = chunk.size(), end = begin + out.size();
        chunk += out;
        out.clear();
        s.w.patience = s.at.timeouts.data_block;
        co_await write_content(s, std::move(chunk), begin, end);
        ++unanswered;
        std::size_t left = ahead;
        if (last)
        {
            now.in_doubt = index;
            s.w.patience = s.at.timeouts.data_end;
            left = 0;
        }
        co_await read_chunk_replies(s, unanswered, left, answer);
    }
    now.in_doubt = nobody;
    d.ec = {};
    if (answer.positive())
    {
        d.message_id = assigned_message_id(answer.text);
        d.reply = std::move(answer);
        co_return;
    }
    refuse(d, std::move(answer));
    co_await give_up_transaction(s);  // what has come is there until then
}

// One message. `opened`: its MAIL, RCPT and DATA have been sent already. `ahead`: those of the next one, to be sent with
// this one's body; returns whether they have been.
OUTKIT_DECL flow<bool> send_one(session& s, progress& now, std::size_t index, mail const& m, prepared& p, bool opened,
                                std::string ahead)
{
    delivery& d = now.deliveries[index];
    opening state = co_await open_transaction(s, m, p, d, opened);
    if (state.may_go || state.data_sent)
        s.now = stage::data;
    if (state.may_go && !state.data_sent && p.how == transfer::data)
    {
        co_await s.w.write("DATA\r\n");
        state.data_sent = true;
    }
    if (state.data_sent)
    {
        s.w.patience = s.at.timeouts.data_start;
        reply r = co_await read_reply(s);
        if (r.code < 400 && r.code != 354)
            co_await fail(error::unexpected_reply, shown(r));
        if (r.code != 354)
        {
            state.may_go = false;
            refuse(d, std::move(r));
        }
        else if (!state.may_go)  // nobody is left to get it: RFC 2920 section 3.1 wants a lone dot, to be refused
        {
            co_await s.w.write(".\r\n");
            co_await read_reply(s);
        }
    }
    if (!state.may_go)
    {
        co_await give_up_transaction(s);
        co_return false;
    }
    co_await expect_silence(s);  // else it would be taken for the answer to the body
    now.message_id = p.message_id;
    s.now = stage::message;
    if (p.how != transfer::data)
    {
        co_await send_chunks(s, now, index, m, p);
        co_return false;
    }
    co_await send_content(s, now, index, m, p, ahead);
    s.w.patience = s.at.timeouts.data_end;
    reply r = co_await read_envelope_reply(s);
    now.in_doubt = nobody;
    d.ec = {};
    if (r.positive())
    {
        d.message_id = assigned_message_id(r.text);
        d.reply = std::move(r);
    }
    else
        refuse(d, std::move(r));
    co_return !ahead.empty();
}

OUTKIT_DEF void note_outcome(session& s, progress& now, delivery const& d)
{
    if (!d.ec || now.refusal)
        return;
    now.refusal = d.ec;
    if (d.reply.code == 0)
        return;
    *s.server_said = shown(d.reply);
    now.refused = d.reply;
}

OUTKIT_DEF bool would_refuse_all(reply const& r)
{
    using enum error;
    for (error const e :
         {service_closing, password_transition_needed, local_error, temporarily_refused, authentication_required})
        if (r.code == int(e))
            return true;
    return false;
}

OUTKIT_DECL std::size_t next_unsent(progress const& now, std::size_t i)
{
    while (i != now.deliveries.size() && now.deliveries[i].ec != error::not_sent)
        ++i;
    return i;
}

OUTKIT_DECL flow<> send_each(session& s, std::vector<mail> const& messages, progress& now)
{
    prepared current, next;
    bool opened = false, known = false, yielded = false;
    for (std::size_t i = next_unsent(now, 0); i != messages.size() && (opened || !yielded);)
    {
        current = known ? std::move(next) : prepare(s, messages[i]);
        std::size_t const then = next_unsent(now, i + 1);
        known = then != messages.size() && !yielded;
        // A source that is read once is left alone until its turn has come for sure.
        if (known && now.yielding && messages[then].source.read && !messages[then].rewind)
            known = false;
        std::string ahead;  // the next message's commands go out with this one's body: one round trip a message
        if (known)
            next = prepare(s, messages[then]);
        if (known && !next.ec && s.offered.has("PIPELINING"))
            ahead = next.group();
        if (ahead.size() > largest_group)
            ahead.clear();
        delivery& d = now.deliveries[i];
        if (current.ec)
            d.ec = current.ec;
        else
            opened = co_await send_one(s, now, i, messages[i], current, opened, std::move(ahead));
        note_outcome(s, now, d);
        yielded = yielded || (now.yielding && would_refuse_all(d.reply));
        i = then;
    }
}

OUTKIT_DEF flow<mailing_end> send_unsent(session& s, std::vector<mail> const& messages, progress& now)
{
    auto sent = co_await attempt(send_each(s, messages, now));
    mailing_end end;
    end.ec = end.cause = sent.ec;
    end.diagnostics = std::move(sent.diagnostics);
    if (!sent.ec)
    {
        s.refused = now.refused;
        co_return end;
    }
    s.ready = false;
    if (!now.doubtful())
        co_return end;
    delivery& d = now.deliveries[std::exchange(now.in_doubt, nobody)];
    if (sent.ec == error::service_closing)  // that was the answer: not taken
    {
        d.ec = sent.ec;
        d.reply = s.refused;
        co_return end;
    }
    d.ec = end.ec = error::outcome_unknown;
    end.diagnostics = sent.ec.message() + "; Message-ID " + now.message_id;
    if (sent.ec == condition::limit_exceeded)
        end.diagnostics += "; the answer begins with " + printable(s.w.peek().substr(0, 3));
    co_return end;
}

OUTKIT_DEF flow<> send_all(session& s, std::vector<mail> messages, std::shared_ptr<progress> now)
{
    forget_refusal(s);
    now->deliveries.resize(messages.size());
    if (!s.ready)
        co_await fail(outkit::error::not_connected);
    mailing_end end = co_await send_unsent(s, messages, *now);
    if (end.ec)
        co_await fail(end.ec, std::move(end.diagnostics));
}

OUTKIT_DECL flow<> expect_250(session& s, stage what, std::string line)
{
    reply const r = co_await send_command(s, what, std::move(line));
    if (r.code >= 400)
        co_await fail(reply_error(r.code), shown(r));
    if (r.code != 250)
        co_await fail(error::unexpected_reply, shown(r));
}

OUTKIT_DEF flow<> reset(session& s) { co_await expect_250(s, stage::rset, "RSET\r\n"); }

OUTKIT_DEF flow<> noop(session& s) { co_await expect_250(s, stage::noop, "NOOP\r\n"); }

OUTKIT_DEF flow<> quit(session& s)
{
    co_await attempt(send_command(s, stage::quit, "QUIT\r\n"));
    s.ready = s.authenticated = false;
    co_await s.w.close();
}

}  // namespace outkit::inline OUTKIT_ABI::smtp::detail

#endif
