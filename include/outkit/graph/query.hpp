#ifndef OUTKIT_GRAPH_QUERY_HPP
#define OUTKIT_GRAPH_QUERY_HPP

#include <outkit/graph/types.hpp>

#include <string>
#include <string_view>
#include <utility>

// Filters and orders of messages, made of values: what is put into one cannot become a part of it.

namespace outkit::inline OUTKIT_ABI::graph {

/** What is true or false of a message: the value of `$filter`.

    @code
    using namespace outkit::graph::properties;
    query.filter = received >= yesterday && !is_read && from_address == "alex@contoso.example";
    query.filter = categories.contains("Red category") || subject.starts_with("it's");
    @endcode
*/
class filter
{
public:
    /// What the others cannot say, as the service reads it. Not looked at: see odata_quoted.
    explicit filter(std::string odata) : filter(std::move(odata), true) {}

    std::string const& text() const { return text_; }
    operator std::string const&() const { return text_; }

    OUTKIT_DECL static filter both(filter const& a, filter const& b);
    OUTKIT_DECL static filter either(filter const& a, filter const& b);
    OUTKIT_DECL static filter negation(filter const& a);

private:
    friend class property;
    filter(std::string text, bool loose) : text_(std::move(text)), loose_(loose) {}
    OUTKIT_DECL std::string enclosed() const;

    std::string text_;
    bool loose_;  // needs parentheses next to others
};

inline filter operator&&(filter const& a, filter const& b) { return filter::both(a, b); }
inline filter operator||(filter const& a, filter const& b) { return filter::either(a, b); }
inline filter operator!(filter const& a) { return filter::negation(a); }

/// What messages are sorted by: the value of `$orderby`.
class ordering
{
public:
    std::string const& text() const { return text_; }
    operator std::string const&() const { return text_; }

    /// And among those that are equal in this, by the other one.
    ordering then(ordering const& other) const { return ordering(text_ + ',' + other.text_); }

private:
    friend class property;
    explicit ordering(std::string text) : text_(std::move(text)) {}

    std::string text_;
};

/// Something of a message. `properties` has those that there are.
class property
{
public:
    constexpr explicit property(char const* name) : name_(name) {}
    constexpr std::string_view name() const { return name_; }

    ordering ascending() const { return ordering(name_); }
    ordering descending() const { return ordering(std::string(name_) + " desc"); }

protected:
    filter is(char const* how, std::string const& literal) const
    {
        return filter(((std::string(name_) += how) += literal), false);
    }
    filter call(char const* function, std::string const& literal) const
    {
        return filter((((std::string(function) += '(') += name_) += ',') + literal + ')', false);
    }
    filter any(std::string const& of_each) const
    {
        return filter((std::string(name_) += "/any(") + of_each + ')', false);
    }

private:
    char const* name_;
};

class text_property : public property
{
public:
    using property::property;
    filter operator==(std::string_view text) const { return is(" eq ", odata_quoted(text)); }
    filter operator!=(std::string_view text) const { return is(" ne ", odata_quoted(text)); }
    filter starts_with(std::string_view text) const { return call("startswith", odata_quoted(text)); }
    /// Slow at the service; an order besides it is refused at times.
    filter contains(std::string_view text) const { return call("contains", odata_quoted(text)); }
};

class date_property : public property
{
public:
    using property::property;
    OUTKIT_DECL filter operator==(date_time t) const;
    OUTKIT_DECL filter operator<(date_time t) const;
    OUTKIT_DECL filter operator<=(date_time t) const;
    OUTKIT_DECL filter operator>(date_time t) const;
    OUTKIT_DECL filter operator>=(date_time t) const;
};

/// True or false: a filter by itself.
class flag_property : public property
{
public:
    using property::property;
    filter operator==(bool value) const { return is(" eq ", value ? "true" : "false"); }
    operator filter() const { return *this == true; }
    filter operator!() const { return *this == false; }
};

class importance_property : public property
{
public:
    using property::property;
    OUTKIT_DECL filter operator==(importance value) const;
};

class flag_status_property : public property
{
public:
    using property::property;
    OUTKIT_DECL filter operator==(flag_status value) const;
};

class categories_property : public property
{
public:
    using property::property;
    filter contains(std::string_view name) const { return any("c:c eq " + odata_quoted(name)); }
};

/// A property that MAPI knows by a name such as "String 0x007D".
class extended_text_property : public property
{
public:
    explicit extended_text_property(std::string id) : property("singleValueExtendedProperties"), id_(std::move(id)) {}
    filter operator==(std::string_view text) const
    {
        return any("ep:ep/id eq " + odata_quoted(id_) + " and ep/value eq " + odata_quoted(text));
    }

private:
    std::string id_;
};

/// What the service filters and sorts by. Recipients are none of them: search for those.
namespace properties {

inline constexpr date_property received{"receivedDateTime"};
inline constexpr date_property sent{"sentDateTime"};
inline constexpr date_property created{"createdDateTime"};
inline constexpr date_property last_modified{"lastModifiedDateTime"};
inline constexpr text_property subject{"subject"};
inline constexpr text_property from_address{"from/emailAddress/address"};
inline constexpr text_property from_name{"from/emailAddress/name"};
inline constexpr text_property sender_address{"sender/emailAddress/address"};
inline constexpr text_property sender_name{"sender/emailAddress/name"};
inline constexpr text_property conversation_id{"conversationId"};
inline constexpr text_property internet_message_id{"internetMessageId"};
inline constexpr text_property inference_classification{"inferenceClassification"};
inline constexpr flag_property is_read{"isRead"};
inline constexpr flag_property is_draft{"isDraft"};
inline constexpr flag_property has_attachments{"hasAttachments"};
inline constexpr importance_property importance{"importance"};
inline constexpr flag_status_property flag{"flag/flagStatus"};
inline constexpr categories_property categories{"categories"};

}  // namespace properties

/** The same filter with what is sorted by in front, as the service demands where a filter comes with an order
    (InefficientFilter). Dates can be put there, which leaves out nothing but what is older than 1970; anything else must
    be in front already, or the query ends in error::inefficient_filter. */
OUTKIT_DECL filter sorted_by(ordering const& by, filter const& what);

}  // namespace outkit::inline OUTKIT_ABI::graph

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/query.ipp>
#endif

#endif
