#ifndef OUTKIT_CHECK_ATLAS_HPP
#define OUTKIT_CHECK_ATLAS_HPP

#include <outkit/check/types.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace outkit::inline OUTKIT_ABI::check {

// The atlas of refusals: what Microsoft's services say when a mail program is turned away, which causes are behind it,
// who can mend each, and how. Tables of data, which tools/atlas makes from
// atlas/atlas.json, and a search in them; no I/O. The services say little: behind "User is
// authenticated but not connected" stand many causes, so causes are ranked, the most frequent first.

OUTKIT_DECL std::string_view name(owner o) noexcept;
OUTKIT_DECL std::string_view name(evidence e) noexcept;
OUTKIT_DECL std::string_view name(service s) noexcept;
OUTKIT_DECL std::string_view name(phase p) noexcept;
OUTKIT_DECL std::string_view name(retry r) noexcept;
OUTKIT_DECL std::string_view name(step_kind k) noexcept;
OUTKIT_DECL std::string_view name(certainty c) noexcept;

/** Recognises what stands in a text: a code by itself ("50011", "AADSTS50011", "535 5.7.3", "ErrorAccessDenied"), a
    line of a server, or a piece of a log with all of them in it.

    @param text  UTF-8; only its first 64 KiB are looked at. Letter case and white space do not matter.
    @return      The symptoms, the most telling first: a code that comes with a reason before one without. Nothing when
                 nothing is recognised. An AADSTS number that is not in the atlas is returned without causes.
*/
OUTKIT_DECL std::vector<symptom> explain(std::string_view text);

/// The symptom of this id, or one without causes.
OUTKIT_DECL symptom lookup(std::string_view id);

/// The ids of all symptoms in the atlas, in its order.
OUTKIT_DECL std::vector<std::string> symptom_ids();

/// How a symptom is recognised in a text that has been made lower case, with single blanks.
struct patterns
{
    std::span<std::string_view const> particular;
    std::span<std::string_view const> general;  // only where nothing particular of the same service is recognised
};
OUTKIT_DECL patterns patterns_of(std::string_view id);

/// Moves the cause of this id to the front, when something else has shown that it is the one. `probe` says what.
OUTKIT_DECL void rank_first(symptom& s, std::string_view cause_id, std::string_view probe);

/// Drops the cause of this id, when something else has shown that it is not the one.
OUTKIT_DECL void rule_out(symptom& s, std::string_view cause_id, std::string_view probe);

}  // namespace outkit::inline OUTKIT_ABI::check

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/check/atlas.ipp>
#endif

#endif
