#ifndef OUTKIT_GRAPH_DETAIL_REGISTERING_HPP
#define OUTKIT_GRAPH_DETAIL_REGISTERING_HPP

#include <outkit/graph/detail/call.hpp>
#include <outkit/graph/directory.hpp>

// Calls of the directory's part of Graph.

namespace outkit::inline OUTKIT_ABI::graph::detail {

OUTKIT_DECL flow<organization> get_organization(session& s);
// `property`: appId or displayName
OUTKIT_DECL flow<std::vector<application>> find_applications(session& s, std::string property, std::string value);
OUTKIT_DECL flow<application> create_application(session& s, application a);
OUTKIT_DECL flow<> update_application(session& s, application a);
OUTKIT_DECL flow<new_password> add_password(session& s, std::string id, std::string name, date_time end);
OUTKIT_DECL flow<> remove_password(session& s, std::string id, std::string key_id);
OUTKIT_DECL flow<std::vector<service_principal>> find_service_principals(session& s, std::string app_id);
OUTKIT_DECL flow<service_principal> create_service_principal(session& s, std::string app_id);
OUTKIT_DECL flow<std::vector<permission_grant>> list_grants(session& s, std::string client_id);
OUTKIT_DECL flow<permission_grant> create_grant(session& s, permission_grant g);
OUTKIT_DECL flow<> update_grant(session& s, permission_grant g);
OUTKIT_DECL flow<std::vector<role_assignment>> list_role_assignments(session& s, std::string principal_id);
OUTKIT_DECL flow<> assign_role(session& s, role_assignment a);

}  // namespace outkit::inline OUTKIT_ABI::graph::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/graph/detail/registering.ipp>
#endif

#endif
