#ifndef OUTKIT_MOCK_GRAPH_SEARCH_IPP
#define OUTKIT_MOCK_GRAPH_SEARCH_IPP

#include <outkit/graph/detail/date_time.hpp>
#include <outkit/mime/structure.hpp>
#include <outkit/mock/directory.hpp>
#include <outkit/mock/graph_search.hpp>
#include <outkit/mock/graph_view.hpp>

#include <algorithm>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::mock::odata {

// query = terms with AND, OR and NOT between them, blanks meaning AND; a term is a word, a phrase in quotes, one of them
// behind "property:", or in parentheses a query (edited: wildcards stand for nothing but the beginning of a word).
class search_parser
{
public:
    search_parser(search& into, std::string text) : s_(into), text_(std::move(text)) {}

    refusal run()
    {
        s_.root_ = disjunction();
        if (!problem_ && !at_end())
            wrong(at_);
        return problem_;
    }

private:
    using node = search::node;
    using kind = search::kind;
    static constexpr int deepest = 16;

    void wrong(std::size_t at)  // observed: microsoftgraph/microsoft-graph-docs-contrib#8368
    {
        if (!problem_)
            problem_ = {"BadRequest", "Syntax error: character '" + (at < text_.size() ? text_.substr(at, 1) : "") +
                                          "' is not valid at position " + std::to_string(at) + " in '" +
                                          text_.substr(0, 256) + "'."};
    }
    std::uint32_t add(node n)
    {
        if (s_.nodes_.size() >= 256)
            wrong(at_);
        else
            s_.nodes_.push_back(std::move(n));
        return static_cast<std::uint32_t>(s_.nodes_.size() - 1);
    }
    bool at_end()
    {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
        return at_ == text_.size();
    }
    bool take(std::string_view word)  // AND, OR and NOT are written so
    {
        if (at_end() || !std::string_view(text_).substr(at_).starts_with(word))
            return false;
        std::size_t const end = at_ + word.size();
        if (end < text_.size() && text_[end] != ' ' && text_[end] != '(')
            return false;
        at_ = end;
        return true;
    }

    std::uint32_t disjunction()
    {
        if (++depth_ > deepest)
        {
            wrong(at_);
            return 0;
        }
        std::uint32_t left = conjunction();
        while (!problem_ && take("OR"))
            left = add({.what = kind::any, .property = {}, .text = {}, .first = left, .second = conjunction()});
        --depth_;
        return left;
    }
    std::uint32_t conjunction()
    {
        std::uint32_t left = negation();
        while (!problem_ && !at_end() && text_[at_] != ')')
        {
            std::size_t const before = at_;
            if (take("OR"))
            {
                at_ = before;
                break;
            }
            take("AND");
            left = add({.what = kind::all, .property = {}, .text = {}, .first = left, .second = negation()});
        }
        return left;
    }
    std::uint32_t negation()
    {
        if (take("NOT"))
            return add({.what = kind::none, .property = {}, .text = {}, .first = term()});
        return term();
    }
    std::uint32_t term()
    {
        if (at_end())
        {
            wrong(at_);
            return 0;
        }
        if (text_[at_] == '(')
        {
            ++at_;
            std::uint32_t const inner = disjunction();
            if (at_end() || text_[at_] != ')')
                wrong(at_);
            else
                ++at_;
            return inner;
        }
        node n;
        std::size_t const end = std::min(text_.find_first_of(" :<>=\"()", at_), text_.size());
        if (end < text_.size() && end > at_ && std::string_view(":<>=").find(text_[end]) != std::string_view::npos)
        {
            n.property = lowered(std::string_view(text_).substr(at_, end - at_));
            static constexpr std::string_view known[] = {"attachment", "bcc",           "body",           "cc",
                                                         "from",       "hasattachment", "hasattachments", "importance",
                                                         "kind",       "participants",  "received",       "recipients",
                                                         "sent",       "size",          "subject",        "to"};
            if (std::find(std::begin(known), std::end(known), n.property) == std::end(known))
            {
                wrong(end);
                return 0;
            }
            at_ = end + 1;
            bool const same = at_ < text_.size() && text_[at_] == '=';
            using enum search::comparison;
            n.how = text_[end] == '>'   ? (same ? greater_or_same : greater)
                    : text_[end] == '<' ? (same ? less_or_same : less)
                                        : is;
            at_ += same;
        }
        if (at_ < text_.size() && text_[at_] == '"')
        {
            std::size_t const close = text_.find('"', at_ + 1);
            if (close == text_.npos)
            {
                wrong(at_);
                return 0;
            }
            n.text = lowered(std::string_view(text_).substr(at_ + 1, close - at_ - 1));
            at_ = close + 1;
        }
        else
        {
            std::size_t const stop = std::min(text_.find_first_of(" \"()", at_), text_.size());
            if (stop == at_ || (stop < text_.size() && (text_[stop] == '(' || text_[stop] == '"')))
            {
                wrong(stop);
                return 0;
            }
            n.text = lowered(std::string_view(text_).substr(at_, stop - at_));
            at_ = stop;
        }
        while (n.text.ends_with('*'))
            n.text.pop_back();
        return add(std::move(n));
    }

    search& s_;
    std::string text_;
    std::size_t at_ = 0;
    refusal problem_;
    int depth_ = 0;
};

OUTKIT_INLINE refusal search::parse(std::string_view text)
{
    nodes_.clear();
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\\' || i + 1 == text.size() || (text[i + 1] != '"' && text[i + 1] != '\\'))
            plain += text[i];
        else
            plain += text[++i];
    return search_parser(*this, std::move(plain)).run();
}

OUTKIT_INLINE bool search::matches(message const& m) const { return !nodes_.empty() && holds(root_, m); }

OUTKIT_INLINE bool search::holds(std::uint32_t at, message const& m) const
{
    node const& n = nodes_[at];
    switch (n.what)
    {
    case kind::all: return holds(n.first, m) && holds(n.second, m);
    case kind::any: return holds(n.first, m) || holds(n.second, m);
    case kind::none: return !holds(n.first, m);
    case kind::words: break;
    }
    return holds(n, m);
}

OUTKIT_INLINE bool search::holds(node const& n, message const& m)
{
    auto const compared = [&](std::int64_t value, std::int64_t with) {
        using enum comparison;
        return n.how == greater           ? value > with
               : n.how == greater_or_same ? value >= with
               : n.how == less            ? value < with
               : n.how == less_or_same    ? value <= with
                                          : value == with;
    };
    auto const in = [&](std::string_view text) { return lowered(text).find(n.text) != std::string::npos; };
    auto const people = [&](std::vector<mime::address_entry> const& list) {
        return std::any_of(list.begin(), list.end(), [&](mime::address_entry const& e) {
            return in(mime::decode_words(e.name)) || in(address_text(e));
        });
    };
    auto const body = [&] {
        mime::contents const c = mime::find_contents(m.structure());
        if (c.text != mime::no_part)
            return in(mime::decoded_text(m.structure().parts[c.text], m.raw()));
        return c.html != mime::no_part && in(text_of_html(mime::decoded_text(m.structure().parts[c.html], m.raw())));
    };
    auto const day = [&](std::int64_t seconds) {
        constexpr std::int64_t a_day = 86'400;
        // Dates as ISO has them, or as people in the United States write them.
        int y = 0, mo = 0, d = 0;
        std::string const& t = n.text;
        auto const digits = [&](std::size_t at, std::size_t count, int& out) {
            return at + count <= t.size() &&
                   std::from_chars(t.data() + at, t.data() + at + count, out).ptr == t.data() + at + count;
        };
        bool const iso = t.size() >= 10 && t[4] == '-' && digits(0, 4, y) && digits(5, 2, mo) && digits(8, 2, d);
        bool const us =
            t.size() == 10 && t[2] == '/' && t[5] == '/' && digits(0, 2, mo) && digits(3, 2, d) && digits(6, 4, y);
        std::chrono::year_month_day const date{std::chrono::year(y), std::chrono::month(static_cast<unsigned>(mo)),
                                               std::chrono::day(static_cast<unsigned>(d))};
        if ((!iso && !us) || !date.ok())
            return false;
        return compared(seconds / a_day, std::chrono::sys_days(date).time_since_epoch().count());
    };
    auto const attachment_names = [&] {
        mime::contents const c = mime::find_contents(m.structure());
        return std::any_of(c.attachments.begin(), c.attachments.end(),
                           [&](std::uint32_t at) { return in(m.structure().parts[at].file_name()); });
    };
    mime::envelope const& e = m.envelope();
    std::string const& p = n.property;
    if (p.empty())
        return people(e.from) || in(mime::decode_words(e.subject)) || body();
    if (p == "from")
        return people(e.from);
    if (p == "to")
        return people(e.to);
    if (p == "cc")
        return people(e.cc);
    if (p == "bcc")
        return people(e.bcc);
    if (p == "recipients")
        return people(e.to) || people(e.cc) || people(e.bcc);
    if (p == "participants")
        return people(e.from) || people(e.to) || people(e.cc) || people(e.bcc);
    if (p == "subject")
        return in(mime::decode_words(e.subject));
    if (p == "body")
        return body();
    if (p == "attachment")
        return attachment_names();
    if (p == "hasattachment" || p == "hasattachments")
        return has_attachments(m) == (n.text == "true");
    if (p == "importance")
        return importance_of(m) == (n.text == "medium" ? "normal" : n.text);
    if (p == "kind")
        return n.text == "email";
    if (p == "received")
        return day(seconds(m.internal_date));
    if (p == "sent")
        return day(sent_seconds(m));
    std::int64_t size = 0;
    std::from_chars(n.text.data(), n.text.data() + n.text.size(), size);
    return compared(static_cast<std::int64_t>(m.size()), size);
}

}  // namespace outkit::inline OUTKIT_ABI::mock::odata

#endif
