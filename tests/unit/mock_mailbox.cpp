// The mail behind all mocks: what each protocol relies on.

#include <outkit/mock/mailbox.hpp>

#include <outkit/mock/world.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace outkit;
using namespace std::chrono_literals;
using namespace std::string_literals;
using mock::flags;
using mock::mailbox_store;
using mock::role;

namespace {

class moving_world : public outkit::detail::environment
{
public:
    outkit::detail::time_point now() const override { return {}; }
    outkit::detail::wall_time date() const override { return date_; }
    void random(std::span<unsigned char> fill) override { std::ranges::fill(fill, static_cast<unsigned char>(0)); }
    void advance(std::chrono::seconds by) { date_ += by; }

private:
    outkit::detail::wall_time date_{std::chrono::seconds(1'795'501'800)};
};

struct office
{
    moving_world world;
    mailbox_store store{world};
    mock::mailbox& ann = *store.create({.address = "Ann@contoso.example", .aliases = {"ann.lee@contoso.example"}});
    mock::mailbox& bob = *store.create({.address = "bob@contoso.example", .display_name = "Bob"});
    mock::folder& inbox = *ann.find(role::inbox);
    mock::folder& archive = *ann.find(role::archive);
};

std::string mail(std::string_view subject, std::string_view more = "")
{
    return "From: ann@contoso.example\r\nSubject: " + std::string(subject) + "\r\n" + std::string(more) +
           "\r\nbody\r\n";
}

std::string uids(mock::folder const& f)
{
    std::string out;
    for (mock::message_ptr const& m : f.messages())
        out += std::to_string(m->uid) + ' ';
    return out;
}

std::string paths(mock::mailbox const& m)
{
    std::string out;
    for (mock::folder_ptr const& f : m.folders())
        out += f->path() + '|';
    return out;
}

// The indexes agree with what is in the folders.
void check(mailbox_store const& store)
{
    std::size_t messages = 0;
    std::uint64_t octets = 0;
    for (auto const& box : store.all())
        for (mock::folder_ptr const& f : box->folders())
        {
            BOOST_TEST((box->find_folder(f->id()) == f));
            BOOST_TEST((box->find_path(f->path()) == f));
            BOOST_TEST(mock::is_graph_id(f->id()));
            std::uint32_t last = 0;
            std::uint64_t sum = 0;
            for (mock::message_ptr const& m : f->messages())
            {
                BOOST_TEST(m->uid > last);
                last = m->uid;
                BOOST_TEST((f->find(m->uid) == m));
                BOOST_TEST((box->find_message(m->id).what == m));
                BOOST_TEST((box->find_message(m->immutable_id).where == f));
                BOOST_TEST(m->sequence <= f->mod_sequence());
                ++messages;
                sum += m->size();
            }
            BOOST_TEST(f->uid_next() > last);
            BOOST_TEST(f->octets() == sum);
            octets += sum;
        }
    BOOST_TEST(store.messages() == messages);
    BOOST_TEST(store.octets() == octets);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mock_mailbox)

BOOST_FIXTURE_TEST_CASE(a_mailbox_is_found_by_all_its_addresses_in_any_case, office)
{
    BOOST_TEST(store.find("ann@CONTOSO.example") == &ann);
    BOOST_TEST(store.find("ANN.LEE@contoso.example") == &ann);
    BOOST_TEST(store.find("carol@contoso.example") == nullptr);
    BOOST_TEST(store.create({.address = "ANN@contoso.example"}) == nullptr);
    BOOST_TEST(store.create({.address = "x@contoso.example", .aliases = {"bob@contoso.example"}}) == nullptr);
    BOOST_TEST(store.create({.address = ""}) == nullptr);
    BOOST_TEST(ann.display_name == "Ann@contoso.example");
    BOOST_TEST(bob.display_name == "Bob");
    BOOST_TEST(ann.guid() != bob.guid());
    BOOST_TEST(ann.guid().starts_with("00000000-0000-4000-8000-"));
    BOOST_TEST(ann.has_address("Ann.Lee@Contoso.Example"));
    BOOST_TEST(store.all().size() == 2U);
    check(store);
}

BOOST_FIXTURE_TEST_CASE(a_new_mailbox_has_the_folders_of_its_service, office)
{
    BOOST_TEST(paths(ann) == "INBOX|Drafts|Sent Items|Deleted Items|Outbox|Junk Email|Archive|Conversation History|"
                             "Calendar|Calendar/Birthdays|");
    mock::mailbox& home = *store.create({.address = "eve@outlook.example", .personal = true});
    BOOST_TEST(paths(home) == "Inbox|Drafts|Sent|Deleted|Outbox|Junk|Archive|Notes|");
    BOOST_TEST((home.find(role::sent_items) == home.find_path("Sent")));
    BOOST_TEST(ann.find(role::notes) == nullptr);
    BOOST_TEST(inbox.uid_validity() == 14U);
    std::vector<std::uint32_t> validities;
    for (mock::folder_ptr const& f : ann.folders())
        validities.push_back(f->uid_validity());
    std::ranges::sort(validities);
    BOOST_TEST((std::ranges::adjacent_find(validities) == validities.end()));
    BOOST_TEST(!ann.find(role::calendar)->is_mail());
    BOOST_TEST(mock::special_use(role::sent_items) == "\\Sent");
    BOOST_TEST(mock::special_use(role::archive) == "");
    BOOST_TEST(mock::well_known_name(role::junk_email) == "junkemail");
    BOOST_TEST((mock::role_of("SentItems") == role::sent_items));
    BOOST_TEST(!mock::role_of("calendar"));
    BOOST_TEST(!mock::role_of(""));
}

BOOST_FIXTURE_TEST_CASE(folders_are_found_by_path_id_and_well_known_name, office)
{
    BOOST_TEST((ann.find_path("inbox").get() == &inbox));
    BOOST_TEST(ann.find_path("sent items") == nullptr);
    BOOST_TEST(ann.find_path("") == nullptr);
    BOOST_TEST(ann.find_path("/") == nullptr);
    BOOST_TEST(ann.find_path("INBOX/") == nullptr);
    BOOST_TEST(ann.find_path("Calendar/Birthdays")->path() == "Calendar/Birthdays");
    BOOST_TEST((ann.find_folder("Inbox").get() == &inbox));
    BOOST_TEST((ann.find_folder("msgfolderroot") == ann.root()));
    BOOST_TEST((ann.find_folder(inbox.id()).get() == &inbox));
    BOOST_TEST(bob.find_folder(inbox.id()) == nullptr);
    BOOST_TEST(ann.find_folder("nonsense") == nullptr);
}

// Clients check the lengths, and Graph's samples show these beginnings and ends.
BOOST_FIXTURE_TEST_CASE(ids_look_like_those_of_graph, office)
{
    mock::message const& m = *store.append(inbox, mail("x"));
    BOOST_TEST(m.id.size() == 152U);
    BOOST_TEST(m.id.starts_with("AAMkA"));
    BOOST_TEST(m.id.ends_with("="));
    BOOST_TEST(m.immutable_id.size() == 68U);
    BOOST_TEST(m.immutable_id.starts_with("AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A"));
    BOOST_TEST(m.conversation_id.size() == 80U);
    BOOST_TEST(m.conversation_id.starts_with("AAQkA"));
    BOOST_TEST(m.change_key.size() == 40U);
    BOOST_TEST(m.change_key.starts_with("CQAAAB"));
    BOOST_TEST(inbox.id().size() == 120U);
    BOOST_TEST(inbox.id().ends_with("AAAAAAEMAAA="));
    BOOST_TEST(ann.root()->id().ends_with("AAAAAAEIAAA="));
    BOOST_TEST(ann.find(role::sent_items)->id().ends_with("AAAAAAEJAAA="));
    BOOST_TEST(mock::is_graph_id(m.id));
    BOOST_TEST(mock::is_graph_id(m.immutable_id));
    for (std::string_view const bad : {"", "x", "AAMk", "inbox", "AAMk====", "../../etc/passwd"})
        BOOST_TEST(!mock::is_graph_id(bad));
}

BOOST_FIXTURE_TEST_CASE(appended_messages_get_ascending_uids_and_are_parsed_once, office)
{
    auto const first = store.append(inbox, mail("one"));
    world.advance(10s);
    auto const second = store.append(inbox, mail("two"),
                                     {.flags = flags::seen | flags::flagged,
                                      .keywords = {"$MDNSent", "$MDNSent"},
                                      .internal_date = outkit::detail::wall_time(5s)});
    BOOST_TEST(uids(inbox) == "1 2 ");
    BOOST_TEST(first->envelope().subject == "one");
    BOOST_TEST((first->internal_date + 10s == second->created));
    BOOST_TEST((second->internal_date == outkit::detail::wall_time(5s)));
    BOOST_TEST(second->is(flags::seen));
    BOOST_TEST(!second->is(flags::deleted));
    BOOST_TEST(second->keywords.size() == 1U);
    BOOST_TEST(inbox.uid_next() == 3U);
    BOOST_TEST(inbox.unread() == 1U);
    BOOST_TEST(second->sequence > first->sequence);
    BOOST_TEST(store.append(inbox, "a\nb\rc")->raw() == "a\r\nb\r\nc");
    check(store);
}

BOOST_FIXTURE_TEST_CASE(what_is_sent_is_in_sent_items_and_once_in_every_inbox, office)
{
    auto const d = store.submit({.sender = &ann,
                                 .raw = mail("hello", "Bcc: dan@else.example\r\n"),
                                 .recipients = {"bob@contoso.example", "ann@contoso.example", "BOB@contoso.example",
                                                "ann.lee@contoso.example", "dan@else.example", "dan@else.example"}});
    BOOST_TEST(d.received.size() == 2U);
    BOOST_TEST(d.outside == (std::vector<std::string>{"dan@else.example"}), boost::test_tools::per_element());
    BOOST_TEST(d.refused.empty());
    BOOST_TEST((d.sent.where == ann.find(role::sent_items)));
    BOOST_TEST(d.sent.what->is(flags::seen));
    BOOST_TEST(d.sent.what->envelope().bcc.size() == 1U);
    BOOST_TEST(uids(inbox) == "1 ");
    BOOST_TEST(uids(*bob.find(role::inbox)) == "1 ");
    mock::message const& received = *bob.find(role::inbox)->messages().front();
    BOOST_TEST(!received.is(flags::seen));
    BOOST_TEST(received.envelope().bcc.empty());
    BOOST_TEST(received.raw() == mail("hello"));
    check(store);

    auto const quiet = store.submit(
        {.sender = &ann, .raw = mail("2"), .recipients = {"bob@contoso.example"}, .save_to_sent_items = false});
    BOOST_TEST(!quiet.sent);
    BOOST_TEST(quiet.received.size() == 1U);
    auto const foreign = store.submit({.raw = mail("3"), .recipients = {"bob@contoso.example"}});
    BOOST_TEST(!foreign.sent);
    BOOST_TEST(foreign.received.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(full_mailboxes_and_large_messages_take_nothing, office)
{
    bob.quota = 100;
    auto const d = store.submit({.sender = &ann,
                                 .raw = mail("x", "X: " + std::string(100, 'x') + "\r\n"),
                                 .recipients = {"bob@contoso.example", "ann@contoso.example"}});
    BOOST_TEST(d.refused == (std::vector<std::string>{"bob@contoso.example"}), boost::test_tools::per_element());
    BOOST_TEST(d.received.size() == 1U);
    BOOST_TEST(!store.deliver(bob, std::string(101, 'x')));
    BOOST_TEST(!!store.deliver(bob, std::string(100, 'x')));
    BOOST_TEST(!store.deliver(bob, "x"));

    store.set_limits({.message_octets = 1'000});
    BOOST_TEST(store.append(inbox, std::string(1'001, 'x')) == nullptr);
    BOOST_TEST(store.append(inbox, std::string(1'000, 'x')) != nullptr);
    auto const large = store.submit(
        {.sender = &ann, .raw = std::string(1'001, 'x'), .recipients = {"ann@contoso.example", "a@b.example"}});
    BOOST_TEST(!large.sent);
    BOOST_TEST(large.refused.size() == 1U);
    check(store);
}

BOOST_FIXTURE_TEST_CASE(flags_and_keywords_change_as_told, office)
{
    auto const m = store.append(inbox, mail("x"));
    std::string const words[] = {"$MDNSent", "Work"};
    std::string const key = m->change_key;
    BOOST_TEST(store.store(inbox, 1, mailbox_store::how::set, flags::seen | flags::draft, words));
    BOOST_TEST((m->flags == (flags::seen | flags::draft)));
    BOOST_TEST(m->keywords.size() == 2U);
    BOOST_TEST(m->change_key != key);
    BOOST_TEST(m->sequence == inbox.mod_sequence());
    BOOST_TEST(store.store(inbox, 1, mailbox_store::how::add, flags::deleted));
    BOOST_TEST((m->flags == (flags::seen | flags::draft | flags::deleted)));
    std::string const lower[] = {"work"};
    BOOST_TEST(store.store(inbox, 1, mailbox_store::how::add, flags::none, lower));
    BOOST_TEST(m->keywords.size() == 2U);
    BOOST_TEST(store.store(inbox, 1, mailbox_store::how::remove, flags::seen, lower));
    BOOST_TEST((m->flags == (flags::draft | flags::deleted)));
    BOOST_TEST(m->keywords.size() == 1U);
    BOOST_TEST(store.store(inbox, 1, mailbox_store::how::set, flags::none));
    BOOST_TEST(m->keywords.empty());
    BOOST_TEST(!store.store(inbox, 2, mailbox_store::how::add, flags::seen));
}

BOOST_FIXTURE_TEST_CASE(watchers_hear_of_every_change_and_of_nothing_else, office)
{
    outkit::detail::event::watch in_folder(inbox.changed);
    outkit::detail::event::watch in_mailbox(ann.changed);
    outkit::detail::event::watch elsewhere(archive.changed);
    outkit::detail::event::watch other_mailbox(bob.changed);
    auto const heard = [&] {
        bool const both = in_folder.pending() && in_mailbox.pending();
        BOOST_TEST(in_folder.pending() == in_mailbox.pending());
        in_folder.take();
        in_mailbox.take();
        return both;
    };
    BOOST_TEST(!heard());
    store.append(inbox, mail("1"));
    BOOST_TEST(heard());
    store.deliver(ann, mail("2"));
    BOOST_TEST(heard());
    store.store(inbox, 1, mailbox_store::how::add, flags::seen);
    BOOST_TEST(heard());
    std::uint64_t const before = inbox.mod_sequence();
    store.store(inbox, 1, mailbox_store::how::add, flags::seen);  // already
    BOOST_TEST(!heard());
    BOOST_TEST(inbox.mod_sequence() == before);
    store.touch(inbox, 1);
    BOOST_TEST(heard());
    store.expunge(inbox, 7);
    BOOST_TEST(!heard());
    store.expunge(inbox, 1);
    BOOST_TEST(heard());
    BOOST_TEST(!elsewhere.pending());
    store.move(inbox, 2, archive);
    BOOST_TEST(heard());
    BOOST_TEST(elsewhere.pending());
    BOOST_TEST(!other_mailbox.pending());
}

BOOST_FIXTURE_TEST_CASE(expunged_messages_are_gone_and_remembered, office)
{
    for (int i = 0; i != 6; ++i)
        store.append(inbox, mail(std::to_string(i)));
    auto const held = inbox.find(4);
    std::uint64_t const before = inbox.mod_sequence();
    std::uint32_t const some[] = {4, 2, 2, 9, 6};
    BOOST_TEST(store.expunge(inbox, some) == 3U);
    BOOST_TEST(uids(inbox) == "1 3 5 ");
    BOOST_TEST(!store.expunge(inbox, 4));
    BOOST_TEST(held->envelope().subject == "3");  // a session that is sending it goes on
    BOOST_TEST(!ann.find_message(held->id));
    BOOST_REQUIRE(inbox.removals().size() == 3U);
    BOOST_TEST(inbox.removals()[0].sequence > before);
    BOOST_TEST(inbox.removals()[1].immutable_id == held->immutable_id);
    BOOST_TEST(store.append(inbox, mail("new"))->uid == 7U);
    check(store);
}

BOOST_FIXTURE_TEST_CASE(only_so_many_removals_are_remembered, office)
{
    store.set_limits({.removals = 3});
    for (int i = 0; i != 10; ++i)
        store.append(inbox, "x");
    BOOST_TEST(inbox.removals_since() == 0U);
    for (std::uint32_t uid = 1; uid != 6; ++uid)
        store.expunge(inbox, uid);
    BOOST_TEST(inbox.removals().size() == 3U);
    BOOST_TEST(inbox.removals_since() > 0U);
    BOOST_TEST(inbox.removals_since() < inbox.removals().front().sequence);
}

BOOST_FIXTURE_TEST_CASE(a_moved_message_keeps_its_immutable_id_only, office)
{
    auto const old = store.append(inbox, mail("x"), {.flags = flags::seen, .keywords = {"$MDNSent"}});
    auto const now = store.move(inbox, old->uid, archive);
    BOOST_REQUIRE(now);
    BOOST_TEST(now->immutable_id == old->immutable_id);
    BOOST_TEST(now->conversation_id == old->conversation_id);
    BOOST_TEST(now->id != old->id);
    BOOST_TEST(now->is(flags::seen));
    BOOST_TEST(now->keywords == old->keywords, boost::test_tools::per_element());
    BOOST_TEST((now->internal_date == old->internal_date));
    BOOST_TEST((now->content == old->content));
    BOOST_TEST(!ann.find_message(old->id));
    BOOST_TEST((ann.find_message(old->immutable_id).where.get() == &archive));
    BOOST_TEST(inbox.removals().size() == 1U);
    BOOST_TEST(store.move(inbox, old->uid, archive) == nullptr);

    auto const again = store.move(archive, now->uid, archive);  // to where it is: a new UID, nothing removed
    BOOST_TEST(again->uid == 2U);
    BOOST_TEST(again->id == now->id);
    BOOST_TEST(archive.removals().empty());
    auto const abroad = store.move(archive, again->uid, *bob.find(role::inbox));
    BOOST_TEST(abroad->immutable_id != again->immutable_id);
    BOOST_TEST(!ann.find_message(again->immutable_id));
    BOOST_TEST(!!bob.find_message(abroad->id));
    check(store);
}

BOOST_FIXTURE_TEST_CASE(a_copy_is_a_message_of_its_own, office)
{
    auto const m = store.append(inbox, mail("x", "Message-ID: <1@x>\r\n"), {.flags = flags::flagged});
    auto const c = store.copy(inbox, 1, archive);
    auto const same = store.copy(inbox, 1, inbox);
    BOOST_TEST(c->uid == 1U);
    BOOST_TEST(same->uid == 2U);
    BOOST_TEST(c->immutable_id != m->immutable_id);
    BOOST_TEST(c->conversation_id == m->conversation_id);
    BOOST_TEST(c->is(flags::flagged));
    store.store(archive, 1, mailbox_store::how::set, flags::none);
    BOOST_TEST(m->is(flags::flagged));
    BOOST_TEST(store.copy(inbox, 9, archive) == nullptr);
    check(store);
}

BOOST_FIXTURE_TEST_CASE(a_changed_draft_has_a_new_uid_and_the_same_ids, office)
{
    mock::folder& drafts = *ann.find(role::drafts);
    auto const old = store.append(drafts, mail("one"), {.flags = flags::draft});
    old->properties["importance"] = "high";
    auto const now = store.replace(drafts, old->uid, mail("two"));
    BOOST_TEST(now->uid == 2U);
    BOOST_TEST(now->id == old->id);
    BOOST_TEST(now->immutable_id == old->immutable_id);
    BOOST_TEST(now->change_key != old->change_key);
    BOOST_TEST(now->envelope().subject == "two");
    BOOST_TEST(now->properties["importance"] == "high");
    BOOST_TEST(drafts.removals().empty());
    BOOST_TEST(uids(drafts) == "2 ");
    BOOST_TEST(store.replace(drafts, 1, "x") == nullptr);
    check(store);
}

BOOST_FIXTURE_TEST_CASE(answers_join_the_conversation, office)
{
    auto const a = store.append(inbox, mail("a", "Message-ID: <a@x>\r\n"));
    auto const b = store.append(inbox, mail("b", "Message-ID: <b@x>\r\nIn-Reply-To: <a@x>\r\n"));
    auto const c = store.append(inbox, mail("c", "Message-ID: <c@x>\r\nReferences: <unknown@x>\r\n <b@x>\r\n"));
    auto const d = store.append(inbox, mail("d", "Message-ID: <d@x>\r\n"));
    BOOST_TEST(b->conversation_id == a->conversation_id);
    BOOST_TEST(c->conversation_id == a->conversation_id);
    BOOST_TEST(d->conversation_id != a->conversation_id);
    BOOST_TEST(store.append(*bob.find(role::inbox), mail("b", "In-Reply-To: <a@x>\r\n"))->conversation_id !=
               a->conversation_id);
}

BOOST_FIXTURE_TEST_CASE(recent_messages_are_recent_once, office)
{
    store.append(inbox, mail("1"));
    BOOST_TEST(inbox.recent_from() == 1U);
    BOOST_TEST(inbox.take_recent() == 1U);
    BOOST_TEST(inbox.take_recent() == 2U);
    store.append(inbox, mail("2"));
    BOOST_TEST(inbox.recent_from() == 2U);
}

BOOST_FIXTURE_TEST_CASE(the_oldest_messages_are_dropped_and_it_is_said, office)
{
    std::vector<std::string> said;
    store.on_drop = [&](std::string const& text) { said.push_back(text); };
    store.set_limits({.messages = 3});
    for (int i = 0; i != 3; ++i)
        store.append(inbox, mail(std::to_string(i)));
    BOOST_TEST(said.empty());
    auto const moved = store.move(inbox, 1, archive);  // still the oldest
    store.append(*bob.find(role::inbox), mail("3"));
    BOOST_TEST(store.messages() == 3U);
    BOOST_TEST(archive.messages().empty());
    BOOST_REQUIRE(said.size() == 1U);
    BOOST_TEST(said[0] ==
               "dropped the oldest message (UID 1 of Ann@contoso.example, Archive): the limit is 3 messages and "
               "268435456 octets");
    BOOST_TEST(store.dropped() == 1U);
    BOOST_TEST(!ann.find_message(moved->immutable_id));
    check(store);

    store.set_limits({.messages = 100, .octets = 2 * mail("0").size()});
    BOOST_TEST(store.messages() == 2U);
    BOOST_TEST(said.size() == 2U);
    store.set_limits({.messages = 0});
    BOOST_TEST(store.messages() == 0U);
    BOOST_TEST(store.append(inbox, "x") != nullptr);  // came and went
    BOOST_TEST(inbox.messages().empty());
    check(store);
}

BOOST_AUTO_TEST_CASE(a_world_writes_down_what_its_limits_drop)
{
    mock::world world(1);
    world.mailboxes.set_limits({.messages = 1});
    mock::mailbox& box = *world.mailboxes.create({.address = "ann@contoso.example"});
    world.mailboxes.deliver(box, mail("1"));
    BOOST_TEST(world.journal.count({.server = "mailbox"}) == 0U);
    world.mailboxes.deliver(box, mail("2"));
    BOOST_REQUIRE(world.journal.count({.server = "mailbox"}) == 1U);
    BOOST_TEST(world.journal.last({.server = "mailbox"})
                   ->reason.starts_with("dropped the oldest message (UID 1 of ann@contoso.example, INBOX)"));
}

BOOST_FIXTURE_TEST_CASE(a_thousand_messages_are_kept_by_default, office)
{
    for (int i = 0; i != 1'005; ++i)
        store.append(inbox, "x");
    BOOST_TEST(inbox.messages().size() == 1'000U);
    BOOST_TEST(inbox.messages().front()->uid == 6U);
    BOOST_TEST(store.dropped() == 5U);
}

BOOST_FIXTURE_TEST_CASE(folders_are_made_renamed_moved_and_removed, office)
{
    mock::folder_ptr const work = store.create_path(ann, "Work/2026/Q4");
    BOOST_REQUIRE(work);
    BOOST_TEST(work->path() == "Work/2026/Q4");
    BOOST_TEST(store.create_path(ann, "Work/2026") == nullptr);
    mock::folder_ptr const year = ann.find_path("Work/2026");
    std::uint32_t const validity = work->uid_validity();
    store.append(*work, mail("x"));
    auto const id = work->messages().front()->id;

    BOOST_TEST(store.move_folder(*year, archive, "Old"));
    BOOST_TEST(work->path() == "Archive/Old/Q4");
    BOOST_TEST(ann.find_path("Work/2026") == nullptr);
    BOOST_TEST(work->uid_validity() == validity);
    BOOST_TEST(work->messages().front()->id == id);
    BOOST_TEST(store.move_folder(*year, *ann.root()));
    BOOST_TEST(year->path() == "Old");
    BOOST_TEST(!store.move_folder(*year, *work));                   // into itself
    BOOST_TEST(!store.move_folder(*year, *ann.root(), "ARCHIVE"));  // taken
    BOOST_TEST(store.move_folder(*year, *ann.root(), "OLD"));
    BOOST_TEST(!store.move_folder(inbox, *ann.root(), "x"));
    BOOST_TEST(!store.move_folder(*year, *bob.root()));
    check(store);

    outkit::detail::event::watch gone(work->changed);
    BOOST_TEST(store.remove_folder(*year));
    BOOST_TEST(gone.pending());
    BOOST_TEST(work->removed());
    BOOST_TEST(work->messages().empty());
    BOOST_TEST(!ann.find_message(id));
    BOOST_TEST(store.append(*work, "x") == nullptr);
    BOOST_TEST(!store.remove_folder(*year));
    BOOST_TEST(!store.remove_folder(inbox));
    check(store);

    BOOST_TEST(store.create_folder(*ann.root(), "Hidden", true)->hidden());
}

BOOST_FIXTURE_TEST_CASE(folder_names_cannot_be_paths_or_controls, office)
{
    for (std::string const& name : {""s, "a/b"s, "inbox"s, "ARCHIVE"s, "a\r\nb"s, "a\0b"s, "\x1b[2J"s, "a\u202eb"s,
                                    "\xff"s, std::string(256, 'x')})
        BOOST_TEST(store.create_folder(*ann.root(), name) == nullptr);
    for (std::string const& name :
         {"a\\b"s, ".."s, "Straße"s, "日本"s, "&"s, "\""s, "*%"s, " "s, std::string(255, 'x')})
        BOOST_TEST(store.create_folder(*ann.root(), name) != nullptr);
    BOOST_TEST(store.create_path(ann, "a//b") == nullptr);
    BOOST_TEST(store.create_path(ann, "/") == nullptr);
    BOOST_TEST(store.create_path(ann, "") == nullptr);
    check(store);
}

BOOST_FIXTURE_TEST_CASE(the_number_and_depth_of_folders_is_limited, office)
{
    std::string deep = "d";
    for (int i = 0; i != 200; ++i)
        deep += "/d";
    BOOST_TEST(store.create_path(ann, deep) == nullptr);
    for (int i = 0; i != 1'100; ++i)
        store.create_folder(*ann.root(), "f" + std::to_string(i));
    BOOST_TEST(ann.folders().size() < 1'000U);
    BOOST_TEST(store.create_folder(*bob.root(), "f") != nullptr);
    check(store);
}

BOOST_FIXTURE_TEST_CASE(a_mailbox_can_be_emptied_and_removed_under_its_watchers, office)
{
    store.append(inbox, mail("x"));
    mock::folder_ptr const held = inbox.shared_from_this();
    store.create_path(ann, "Extra");
    store.clear(ann);
    BOOST_TEST(held->removed());
    BOOST_TEST(ann.find_path("Extra") == nullptr);
    BOOST_TEST(ann.find(role::inbox)->messages().empty());
    BOOST_TEST((ann.find(role::inbox) != held));
    BOOST_TEST(ann.find(role::inbox)->uid_validity() > held->uid_validity());
    check(store);

    mock::folder_ptr const other = bob.find(role::inbox);
    store.append(*other, "x");
    outkit::detail::event::watch gone(bob.changed);
    BOOST_TEST(store.remove("BOB@contoso.example"));
    BOOST_TEST(gone.pending());
    BOOST_TEST(other->removed());
    BOOST_TEST(other->owner().address() == "bob@contoso.example");
    BOOST_TEST(store.find("bob@contoso.example") == nullptr);
    BOOST_TEST(!store.remove("bob@contoso.example"));
    BOOST_TEST(store.create({.address = "bob@contoso.example"}) != nullptr);
    check(store);
}

BOOST_AUTO_TEST_CASE(a_field_is_taken_out_with_its_folds)
{
    BOOST_TEST(mock::without_field("A: 1\r\nBcc: x@y,\r\n z@y\r\nB: 2\r\n\r\nBcc: body\r\n", "bcc") ==
               "A: 1\r\nB: 2\r\n\r\nBcc: body\r\n");
    BOOST_TEST(mock::without_field("Bcc: x\nBCC : y\nB: 2", "Bcc") == "B: 2");
    BOOST_TEST(mock::without_field("", "Bcc") == "");
    BOOST_TEST(mock::without_field("\r\nBcc: x\r\n", "Bcc") == "\r\nBcc: x\r\n");
    BOOST_TEST(mock::without_field("Bccx: 1\r\n\r\n", "Bcc") == "Bccx: 1\r\n\r\n");
}

// Any order of operations leaves the indexes and the limits right.
BOOST_AUTO_TEST_CASE(random_work_keeps_the_store_consistent_and_repeats)
{
    auto const work = [](unsigned seed) {
        office o;
        o.store.set_limits({.messages = 40, .octets = 6'000});
        auto const next = [&](unsigned below) {
            seed = seed * 1'664'525U + 1'013'904'223U;
            return (seed >> 16) % below;
        };
        std::string log;
        for (int i = 0; i != 600; ++i)
        {
            std::vector<mock::folder_ptr> const all = o.ann.folders();
            mock::folder_ptr const f = all[next(static_cast<unsigned>(all.size()))];
            mock::folder_ptr const g = all[next(static_cast<unsigned>(all.size()))];
            std::uint32_t const uid = 1 + next(static_cast<unsigned>(f->uid_next()));
            switch (next(9))
            {
            case 0:
            case 1: o.store.append(*f, mail(std::to_string(i))); break;
            case 2: o.store.deliver(o.ann, mail(std::to_string(i))); break;
            case 3: o.store.move(*f, uid, *g); break;
            case 4: o.store.copy(*f, uid, *g); break;
            case 5: o.store.expunge(*f, uid); break;
            case 6: o.store.replace(*f, uid, mail("r")); break;
            case 7: o.store.create_folder(*f, "f" + std::to_string(next(5))); break;
            case 8:
                if (next(2) ? o.store.move_folder(*f, *g, "m" + std::to_string(next(5))) : o.store.remove_folder(*f))
                    log += f->path();
                break;
            }
            BOOST_TEST(o.store.messages() <= 40U);
            BOOST_TEST(o.store.octets() <= 6'000U);
            if (i % 50 == 0)
                check(o.store);
            for (mock::folder_ptr const& each : o.ann.folders())
                log += std::to_string(each->mod_sequence()) +
                       (each->messages().empty() ? "" : each->messages().back()->id);
        }
        check(o.store);
        return log;
    };
    for (unsigned seed = 1; seed != 6; ++seed)
        BOOST_TEST((work(seed) == work(seed)));
}

BOOST_AUTO_TEST_SUITE_END()
