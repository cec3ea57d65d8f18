// The messages of `tokend.v1.Audit`, field by field as in proto/tokend/v1/audit.proto.

internal import CTokendProto

/// `tokend.v1.Event`.
package struct EventMessage: CMessage, Equatable {
  package var revision: UInt64 = 0
  package var at: Int64 = 0
  package var actor = ""
  package var action = ""
  package var target = ""
  package var detail = ""
  package var chain = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__event__init,
    [
      .number(\.revision, \.revision), .number(\.at, \.at), .text(\.actor, \.actor), .text(\.action, \.action),
      .text(\.target, \.target), .text(\.detail, \.detail), .text(\.chain, \.chain),
    ])
}

/// `tokend.v1.ListEventsRequest`.
package struct ListEventsRequest: CMessage, Equatable {
  package var actor = ""
  package var action = ""
  package var target = ""
  package var since: Int64 = 0
  package var afterRevision: UInt64 = 0
  package var ascending = false
  package var pageSize: UInt32 = 0
  package var pageToken = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_events_request__init,
    [
      .text(\.actor, \.actor), .text(\.action, \.action), .text(\.target, \.target), .number(\.since, \.since),
      .number(\.afterRevision, \.after_revision), .flag(\.ascending, \.ascending), .number(\.pageSize, \.page_size),
      .text(\.pageToken, \.page_token),
    ])
}

/// `tokend.v1.ListEventsResponse`.
package struct ListEventsResponse: CMessage, Equatable {
  package var events: [EventMessage] = []
  package var nextPage = ""
  package var revision: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_events_response__init,
    [
      .messages(\.events, \.events, \.n_events), .text(\.nextPage, \.next_page), .number(\.revision, \.revision),
    ])
}

/// `tokend.v1.VerifyEventsRequest`.
package struct VerifyEventsRequest: CMessage, Equatable {
  package var afterRevision: UInt64 = 0
  package var chain = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__verify_events_request__init,
    [
      .number(\.afterRevision, \.after_revision), .text(\.chain, \.chain),
    ])
}

/// `tokend.v1.VerifyEventsResponse`.
package struct VerifyEventsResponse: CMessage, Equatable {
  package var revision: UInt64 = 0
  package var chain = ""
  package var done = false
  package var problem = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__verify_events_response__init,
    [
      .number(\.revision, \.revision), .text(\.chain, \.chain), .flag(\.done, \.done), .text(\.problem, \.problem),
    ])
}

/// `tokend.v1.Denial`.
package struct DenialMessage: CMessage, Equatable {
  package var at: Int64 = 0
  package var actor = ""
  package var method = ""
  package var code = ""
  package var message = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__denial__init,
    [
      .number(\.at, \.at), .text(\.actor, \.actor), .text(\.method, \.method), .text(\.code, \.code),
      .text(\.message, \.message),
    ])
}

/// `tokend.v1.ListDenialsResponse`.
package struct ListDenialsResponse: CMessage, Equatable {
  package var denials: [DenialMessage] = []
  package var dropped: UInt64 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    tokend__v1__list_denials_response__init,
    [
      .messages(\.denials, \.denials, \.n_denials), .number(\.dropped, \.dropped),
    ])
}

/// `tokend.v1.ListDenialsRequest`.
package struct ListDenialsRequest: CMessage, Equatable {
  package init() {}

  static let layout = unsafe MessageLayout<Self>(tokend__v1__list_denials_request__init, [])
}
