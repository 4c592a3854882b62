#ifndef OUTKIT_IMAP_SEARCH_IPP
#define OUTKIT_IMAP_SEARCH_IPP

#include <outkit/imap/search.hpp>

#include <utility>

namespace outkit::inline OUTKIT_ABI::imap {

OUTKIT_DEF search_key search_key::flagged_as(flag f)
{
    static constexpr std::pair<flag, std::string_view> names[] = {
        {flag::seen, "SEEN"},       {flag::answered, "ANSWERED"}, {flag::flagged, "FLAGGED"},
        {flag::deleted, "DELETED"}, {flag::draft, "DRAFT"},       {flag::recent, "RECENT"}};
    search_key k("ALL");
    for (auto const& [one, name] : names)
        if ((f & one) == one)
            k = k.terms_.front().value == "ALL" ? search_key(name) : k && search_key(name);
    return k;
}

OUTKIT_DEF void search_key::append_as_one(search_key const& k)
{
    if (k.keys_ > 1)
        add(term::kind::open, {});
    terms_.insert(terms_.end(), k.terms_.begin(), k.terms_.end());
    if (k.keys_ > 1)
        add(term::kind::close, {});
}

OUTKIT_DEF search_key search_key::operator&&(search_key const& other) const
{
    search_key k(*this);
    k.terms_.insert(k.terms_.end(), other.terms_.begin(), other.terms_.end());
    k.keys_ += other.keys_;
    return k;
}

OUTKIT_DEF search_key search_key::operator||(search_key const& other) const
{
    search_key k("OR");
    k.append_as_one(*this);
    k.append_as_one(other);
    return k;
}

OUTKIT_DEF search_key search_key::operator!() const
{
    search_key k("NOT");
    k.append_as_one(*this);
    return k;
}

}  // namespace outkit::inline OUTKIT_ABI::imap

#endif
