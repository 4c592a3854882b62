#ifndef OUTKIT_MOCK_ACCESS_IPP
#define OUTKIT_MOCK_ACCESS_IPP

#include <outkit/mock/access.hpp>
#include <outkit/mock/world.hpp>

#include <algorithm>
#include <utility>

namespace outkit::inline OUTKIT_ABI::mock {

namespace access_detail {

inline access_denial denial_of(token_fault f) noexcept
{
    switch (f)
    {
    case token_fault::none: return access_denial::none;
    case token_fault::malformed: return access_denial::token_malformed;
    case token_fault::real_credential: return access_denial::real_credential;
    case token_fault::unknown_key: return access_denial::token_unknown_key;
    case token_fault::bad_signature: return access_denial::token_signature;
    case token_fault::not_yet_valid: return access_denial::token_not_yet_valid;
    case token_fault::expired: return access_denial::token_expired;
    }
    return access_denial::token_malformed;
}

inline std::string_view needed(protocol p, bool app_only) noexcept
{
    switch (p)
    {
    case protocol::imap: return app_only ? "IMAP.AccessAsApp" : "IMAP.AccessAsUser.All";
    case protocol::smtp: return app_only ? "SMTP.SendAsApp" : "SMTP.Send";
    case protocol::graph: break;
    }
    return {};
}

// The rights of somebody else on a mailbox, under whichever of their names they were given.
inline delegate const* find_delegate(mailbox_policy const& of, user const& who)
{
    for (delegate const& d : of.delegates)
        if (who.answers_to(d.who) || same_name(who.id, d.who))
            return &d;
    return nullptr;
}

// The application's role in RBAC for Applications, where the token leaves the decision to it: a token with
// SMTP.SendAsApp brings back the check of the mailbox's permissions (documented: Learn, SMTP with RBAC for Applications).
inline application_role const* exchange_role(world const& w, access const& a)
{
    if (!a.app_only || a.protocol != protocol::smtp || a.has("SMTP.SendAsApp"))
        return nullptr;
    for (application_role const& r : w.policy.tenant(a.claims.tenant).application_roles)
        if (same_name(r.app_id, a.claims.client_id))
            return &r;
    return nullptr;
}

inline bool in_scope(application_role const& r, user const& owner)
{
    return r.mailboxes.empty() ||
           std::any_of(r.mailboxes.begin(), r.mailboxes.end(), [&](auto const& m) { return owner.answers_to(m); });
}

// Whether the account is one of High Volume Email, at the service for those, and what the application lacks there:
// accounts have a list of applications of their own, and the permission was Mail.Send once (documented: Learn).
inline bool is_high_volume(world const& w, access const& a)
{
    return a.protocol == protocol::smtp && w.policy.service.submission == smtp_profile::high_volume;
}
inline access_denial high_volume_rights(world const& w, access const& a)
{
    mailbox_policy const& box = w.policy.mailbox(a.mailbox);
    auto const& apps = box.high_volume_apps;
    bool const listed =
        std::any_of(apps.begin(), apps.end(), [&](auto const& id) { return same_name(id, a.claims.client_id); });
    return box.high_volume && listed ? access_denial::none : access_denial::app_no_rights;
}

// Exchange's own idea of the application, which opens mailboxes to it, or what is missing.
inline access_denial app_rights(world const& w, access const& a, user const& owner)
{
    tenant_policy const& tenant = w.policy.tenant(a.claims.tenant);
    if (a.protocol == protocol::graph)
    {
        auto const& only = tenant.graph_mailboxes;
        bool const open = only.empty() || std::any_of(only.begin(), only.end(),
                                                      [&](std::string const& m) { return owner.answers_to(m); });
        return open ? access_denial::none : access_denial::app_no_rights;
    }
    bool registered = false, right_object = false;
    for (exchange_principal const& p : tenant.exchange_principals)
        if (same_name(p.app_id, a.claims.client_id))
        {
            registered = true;
            right_object = right_object || same_name(p.object_id, a.actor_id);
        }
    if (!registered)
        return access_denial::app_not_registered;
    if (!right_object)
        return access_denial::app_wrong_object_id;
    return a.full_access ? access_denial::none : access_denial::app_no_rights;
}

// The switches of mailbox and tenant for the protocol. The mailbox's SMTP AUTH wins over the tenant's; security
// defaults and authentication policies win over both (documented: Microsoft Learn, authenticated client SMTP submission).
inline access_denial switched_off(world const& w, access const& a, user const& owner)
{
    mailbox_policy const& box = w.policy.mailbox(a.mailbox);
    tenant_policy const& tenant = w.policy.tenant(owner.tenant_id);
    if (a.protocol == protocol::imap && !box.imap)
        return access_denial::imap_disabled;
    if (a.protocol == protocol::smtp)
    {
        if (box.smtp_auth && !*box.smtp_auth)
            return access_denial::smtp_auth_disabled_mailbox;
        // A personal account has no tenant to speak of, and no switch that its user could find (observed: 2026-09).
        if (!box.smtp_auth && !tenant.smtp_auth)
            return owner.kind == account_kind::personal ? access_denial::smtp_auth_disabled_mailbox
                                                        : access_denial::smtp_auth_disabled_tenant;
        if (tenant.security_defaults)
            return access_denial::security_defaults;
        if (!tenant.authentication_policy_smtp)
            return access_denial::authentication_policy;
    }
    if (box.blocked)
        return access_denial::mailbox_blocked;
    if (!box.connectable && a.protocol == protocol::imap)
        return access_denial::not_connectable;
    return access_denial::none;
}

// Whether the token is for who is asked. Tokens of one cloud are worth nothing in another (documented: deployments.md).
inline bool is_for(access const& a, std::string_view resource_name)
{
    if (!resource_name.empty())
        return same_name(a.claims.audience, resource_name) || same_name(a.claims.audience, graph_app_id);
    resource const* const audience = find_resource(a.claims.audience);
    return audience && audience->app_id == (a.protocol == protocol::graph ? graph_app_id : exchange_app_id);
}

inline access_denial decide(world& w, access& a, std::string_view bearer, std::string_view user_name,
                            std::string_view resource_name)
{
    if (bearer.empty())
        return access_denial::token_missing;
    access_verdict verdict = verify_access_token(w.keys, w, bearer);
    a.claims = std::move(verdict.claims);
    a.app_only = a.claims.app_only;
    if (verdict.fault != token_fault::none && verdict.fault != token_fault::expired &&
        verdict.fault != token_fault::not_yet_valid)
        return denial_of(verdict.fault);
    a.scopes = a.claims.permissions;

    tenant const* const issuer = w.directory.find_tenant(a.claims.tenant);
    if (!issuer)
        return access_denial::token_issuer;
    if (!is_for(a, resource_name))
        return access_denial::token_audience;
    if (verdict.fault != token_fault::none)
        return denial_of(verdict.fault);
    std::string_view const scope = needed(a.protocol, a.app_only);
    application_role const* const role = exchange_role(w, a);
    bool const bulk = is_high_volume(w, a);
    if (!scope.empty() && !a.has(scope) && !role && !(bulk && a.app_only && a.has("Mail.Send")))
        return access_denial::scope_missing;
    if (bulk && !a.app_only)
        return access_denial::scope_missing;

    // who
    user const* actor = nullptr;
    if (a.app_only)
    {
        a.actor_id = a.claims.service_principal;
        service_principal const* const sp = w.directory.find_service_principal(a.claims.client_id, a.claims.tenant);
        if (!sp || !sp->enabled || !same_name(sp->object_id, a.actor_id))
            return access_denial::user_unknown;
    }
    else
    {
        a.actor_id = a.claims.person.object_id;
        actor = w.directory.find_user_id(a.actor_id);
        if (!actor)
            return access_denial::user_unknown;
        if (a.protocol != protocol::graph)
        {
            auto const& own = w.policy.mailbox(mailbox_address(*actor)).conditional_access;
            if (own.value_or(w.policy.tenant(actor->tenant_id).conditional_access) ==
                conditional_access::mail_protocols_only)
                return access_denial::conditional_access;
        }
    }

    // whose
    bool const me = a.protocol == protocol::graph && (user_name.empty() || same_name(user_name, "me"));
    user const* owner = me ? actor : w.directory.find_user(user_name);
    if (!owner && a.protocol == protocol::graph)
        owner = w.directory.find_user_id(user_name);
    if (!owner || (!same_name(owner->tenant_id, a.claims.tenant) && owner != actor))
        return access_denial::mailbox_unknown;
    a.owner_id = owner->id;
    a.mailbox = mailbox_address(*owner);
    a.is_owner = owner == actor;
    mailbox_policy const& box = w.policy.mailbox(a.mailbox);
    delegate const* const given = actor ? find_delegate(box, *actor) : box.find_delegate(a.actor_id);
    a.full_access = a.is_owner || (given && given->full_access) || (a.app_only && a.protocol == protocol::graph) ||
                    (role && in_scope(*role, *owner)) || bulk;
    a.send_as = a.is_owner || (given && given->send_as) || (a.app_only && a.full_access);
    a.send_on_behalf = a.send_as || (given && given->send_on_behalf);
    if (actor && !actor->enabled)
        return access_denial::user_disabled;
    if (actor && !a.full_access && !(a.send_on_behalf && a.protocol != protocol::imap))
        return access_denial::no_rights;

    // whether there is anything to open, and whether it may be
    if (!owner->licensed && !owner->shared_mailbox && !bulk)
        return access_denial::mailbox_not_licensed;
    if (access_denial const off = switched_off(w, a, *owner); off != access_denial::none)
        return off;
    if (bulk)
        return high_volume_rights(w, a);
    return a.app_only ? app_rights(w, a, *owner) : access_denial::none;
}

}  // namespace access_detail

OUTKIT_INLINE std::string_view describe(access_denial d) noexcept
{
    switch (d)
    {
    case access_denial::none: return "access granted";
    case access_denial::token_missing: return "there is no token";
    case access_denial::token_malformed: return "the token is neither a JWT nor one of this world's";
    case access_denial::real_credential:
        return "the token is one of the real service; it was not looked at any further";
    case access_denial::token_unknown_key: return "the token is signed by a key that this world does not publish";
    case access_denial::token_signature: return "the token has been altered: its signature does not fit";
    case access_denial::token_issuer: return "the token comes from a tenant that this world does not have";
    case access_denial::token_audience: return "the token is for another resource (claim aud)";
    case access_denial::token_expired: return "the token has expired (claim exp)";
    case access_denial::token_not_yet_valid: return "the token is not valid yet (claim nbf)";
    case access_denial::scope_missing: return "the token lacks the scope or role that this protocol needs";
    case access_denial::conditional_access: return "Conditional Access keeps this protocol out";
    case access_denial::user_unknown: return "the token's user or service principal is not in the directory any more";
    case access_denial::user_disabled: return "the token's user is disabled";
    case access_denial::mailbox_unknown: return "no mailbox has this address";
    case access_denial::no_rights: return "the token's user has no rights on this mailbox";
    case access_denial::app_not_registered:
        return "the application is not registered in Exchange (New-ServicePrincipal)";
    case access_denial::app_wrong_object_id:
        return "the application is registered in Exchange with an object id that is not its enterprise application's";
    case access_denial::app_no_rights: return "the application has no rights on this mailbox (Add-MailboxPermission)";
    case access_denial::mailbox_not_licensed: return "the user has no licence with a mailbox";
    case access_denial::imap_disabled: return "IMAP is switched off for this mailbox";
    case access_denial::smtp_auth_disabled_tenant: return "SMTP AUTH is switched off for the tenant";
    case access_denial::smtp_auth_disabled_mailbox: return "SMTP AUTH is switched off for this mailbox";
    case access_denial::security_defaults: return "security defaults are on, and with them SMTP AUTH is off";
    case access_denial::authentication_policy: return "the tenant's authentication policy forbids SMTP AUTH";
    case access_denial::mailbox_blocked: return "the account is suspended for sending spam";
    case access_denial::not_connectable: return "the mailbox cannot be opened, by a fault of the service";
    }
    return "unknown";
}

OUTKIT_INLINE bool access::authenticated() const noexcept
{
    switch (denial)
    {
    case access_denial::token_missing:
    case access_denial::token_malformed:
    case access_denial::real_credential:
    case access_denial::token_unknown_key:
    case access_denial::token_signature:
    case access_denial::token_issuer:
    case access_denial::token_audience:
    case access_denial::token_expired:
    case access_denial::token_not_yet_valid:
    case access_denial::scope_missing:
    case access_denial::conditional_access:
    case access_denial::user_unknown: return false;
    case access_denial::user_disabled: return protocol != mock::protocol::graph;
    default: return true;
    }
}

OUTKIT_INLINE bool access::has(std::string_view scope) const
{
    return std::any_of(scopes.begin(), scopes.end(), [&](std::string const& s) { return same_name(s, scope); });
}

OUTKIT_INLINE std::string const& mailbox_address(user const& u) noexcept
{
    return u.mail.empty() ? u.principal_name : u.mail;
}

OUTKIT_INLINE mailbox* ensure_mailbox(world& w, user const& u)
{
    if (!u.licensed && !u.shared_mailbox)
        return nullptr;
    if (mailbox* const known = w.mailboxes.find(mailbox_address(u)))
        return known;
    std::vector<std::string> aliases = u.aliases;
    if (!u.principal_name.empty() && !same_name(u.principal_name, mailbox_address(u)) &&
        std::none_of(aliases.begin(), aliases.end(), [&](auto const& a) { return same_name(a, u.principal_name); }))
        aliases.push_back(u.principal_name);
    return w.mailboxes.create(
        {mailbox_address(u), std::move(aliases), u.display_name, u.kind == account_kind::personal, u.language});
}

OUTKIT_INLINE access open(world& w, std::string_view bearer, protocol p, std::string_view user,
                          std::string_view resource)
{
    w.policy.apply_due(w.date());
    access a;
    a.protocol = p;
    a.denial = access_detail::decide(w, a, bearer, user, resource);
    return a;
}

OUTKIT_INLINE access open_own(world& w, user const& who, protocol p)
{
    w.policy.apply_due(w.date());
    access a;
    a.protocol = p;
    a.actor_id = a.owner_id = who.id;
    a.mailbox = mailbox_address(who);
    a.is_owner = a.full_access = a.send_as = a.send_on_behalf = true;
    a.denial = !who.licensed && !who.shared_mailbox ? access_denial::mailbox_not_licensed
                                                    : access_detail::switched_off(w, a, who);
    return a;
}

OUTKIT_INLINE bool may_send_as(world& w, access const& a, std::string_view from)
{
    user const* const owner = w.directory.find_user_id(a.owner_id);
    user const* const sender = w.directory.find_user(from);
    if (!owner || !sender)
        return false;
    if (sender == owner)
        return a.send_as;
    delegate const* const given = access_detail::find_delegate(w.policy.mailbox(mailbox_address(*sender)), *owner);
    return given && given->send_as;
}

OUTKIT_INLINE bool may_send_on_behalf(world& w, access const& a, std::string_view from)
{
    user const* const owner = w.directory.find_user_id(a.owner_id);
    user const* const sender = w.directory.find_user(from);
    if (!owner || !sender)
        return false;
    if (sender == owner)
        return a.send_on_behalf;
    delegate const* const given = access_detail::find_delegate(w.policy.mailbox(mailbox_address(*sender)), *owner);
    return given && (given->send_as || given->send_on_behalf);
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
