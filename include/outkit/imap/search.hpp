#ifndef OUTKIT_IMAP_SEARCH_HPP
#define OUTKIT_IMAP_SEARCH_HPP

#include <outkit/imap/types.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::imap {

/** What messages must be like to be found (RFC 9051 section 6.4.4). Keys are joined with &&, || and !.

    @code
    using key = outkit::imap::search_key;
    auto const wanted = key::since(day) && !key::flagged_as(flag::seen) && (key::from("ann") || key::larger(100'000));
    @endcode

    Text is UTF-8, and found in any place of its field, without regard to case. Exchange Online searches for US-ASCII
    text only: other text ends in error::charset_not_supported there. Dates are days without a time zone, as the server
    sees them.
*/
class search_key
{
public:
    static search_key all() { return search_key("ALL"); }

    /// Messages with all of these flags; flag::none is all messages.
    OUTKIT_DECL static search_key flagged_as(flag f);
    /// error::invalid_flag when it is used, if it is no keyword.
    static search_key keyword(std::string_view name) { return search_key("KEYWORD").add(term::kind::keyword, name); }

    static search_key from(std::string_view text) { return search_key("FROM").add(term::kind::text, text); }
    static search_key to(std::string_view text) { return search_key("TO").add(term::kind::text, text); }
    static search_key cc(std::string_view text) { return search_key("CC").add(term::kind::text, text); }
    static search_key bcc(std::string_view text) { return search_key("BCC").add(term::kind::text, text); }
    static search_key subject(std::string_view text) { return search_key("SUBJECT").add(term::kind::text, text); }
    static search_key body(std::string_view text) { return search_key("BODY").add(term::kind::text, text); }
    /// In the header or the body.
    static search_key text(std::string_view text) { return search_key("TEXT").add(term::kind::text, text); }
    /// In that header field; empty text: there is such a field. error::invalid_section when it is used, if `field` is no
    /// field name.
    static search_key header(std::string_view field, std::string_view text)
    {
        return search_key("HEADER").add(term::kind::field_name, field).add(term::kind::text, text);
    }

    /// By INTERNALDATE, when it arrived. `since` has the day itself in it, `before` has not.
    static search_key before(std::chrono::sys_days d) { return on_day("BEFORE", d); }
    static search_key on(std::chrono::sys_days d) { return on_day("ON", d); }
    static search_key since(std::chrono::sys_days d) { return on_day("SINCE", d); }
    /// By the Date: field.
    static search_key sent_before(std::chrono::sys_days d) { return on_day("SENTBEFORE", d); }
    static search_key sent_on(std::chrono::sys_days d) { return on_day("SENTON", d); }
    static search_key sent_since(std::chrono::sys_days d) { return on_day("SENTSINCE", d); }

    /// By RFC822.SIZE, which Exchange Online estimates.
    static search_key larger(std::uint32_t octets) { return search_key("LARGER").add(octets); }
    static search_key smaller(std::uint32_t octets) { return search_key("SMALLER").add(octets); }

    /// error::empty_set when it is used, if it is empty.
    static search_key uids(uid_set const& s) { return search_key("UID").add(term::kind::set, s.to_string()); }
    static search_key positions(sequence_set const& s) { return search_key(term::kind::set, s.to_string()); }

    OUTKIT_DECL search_key operator&&(search_key const& other) const;
    OUTKIT_DECL search_key operator||(search_key const& other) const;
    OUTKIT_DECL search_key operator!() const;

    /// What it is made of, in the order of the command.
    struct term
    {
        enum class kind
        {
            word,        ///< of the grammar
            open,        ///< parenthesis
            close,       ///< parenthesis
            text,        ///< of the caller's: an astring
            keyword,     ///< of the caller's: an atom
            field_name,  ///< of the caller's
            set,         ///< of numbers; empty if it has none
            date         ///< `day`
        };
        kind what = kind::word;
        std::string value = {};
        std::chrono::sys_days day = {};
    };
    std::vector<term> const& terms() const { return terms_; }

private:
    explicit search_key(std::string_view word) : search_key(term::kind::word, word) {}
    search_key(term::kind what, std::string_view value) { add(what, value); }
    static search_key on_day(std::string_view word, std::chrono::sys_days d)
    {
        search_key k(word);
        k.terms_.push_back({term::kind::date, {}, d});
        return k;
    }

    search_key& add(term::kind what, std::string_view value)
    {
        terms_.push_back({what, std::string(value), {}});
        return *this;
    }
    search_key& add(std::uint32_t n) { return add(term::kind::word, std::to_string(n)); }
    OUTKIT_DECL void append_as_one(search_key const& k);  // with parentheses, if it is more than one key

    std::vector<term> terms_;
    std::size_t keys_ = 1;  // on the outermost level
};

}  // namespace outkit::inline OUTKIT_ABI::imap

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/imap/search.ipp>
#endif

#endif
