// A change of servers in a running HAProxy, over its stats socket: who joins an application, leaves
// it or gets another weight costs no reload, and no process that lives on for its connections.
//
// The dialogue, for each backend that changes:
//   show servers state    who has which place in this very process: nothing is remembered, so a
//                         reload by somebody else meanwhile does no harm
//   set server …          a newcomer gets a place that is off, best one that had been his; its
//                         address and weight are set before it is switched on. Newcomers first:
//                         there is no moment without a server. Whoever else is on is put in
//                         maintenance: nothing new goes there, what is under way goes on
//   show servers state    is it so now? What `set` says is for people, and no error has a code
//   set map … #generation at last, so that generation_path answers with the text's generation
//
// Everything else needs a reload: another set of applications (or of their ports, domains,
// protocols), places that are used up, and whatever goes wrong here. The text is in the target
// before the dialogue begins, so that a reload at any moment leads to the same servers.
//
// What comes from the socket is read with bounds, and only names of our own making are sent back.
#pragma once

#include <memory>

#include "proxy/generator.h"

namespace scrimp::proxy {

/// Null if the change needs a reload. What the plan refers to need not outlive the call.
[[nodiscard]] std::unique_ptr<Patch> patch_haproxy(const PatchPlan& plan);

}  // namespace scrimp::proxy
