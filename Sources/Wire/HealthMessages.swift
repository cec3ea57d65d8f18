// The messages of `grpc.health.v1.Health`, as in proto/grpc/health/v1/health.proto.

internal import CTokendProto

/// `grpc.health.v1.HealthCheckRequest`.
package struct HealthCheckRequest: CMessage, Equatable {
  package var service = ""

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    grpc__health__v1__health_check_request__init,
    [
      .text(\.service, \.service)
    ])
}

/// `grpc.health.v1.HealthCheckResponse`.
package struct HealthCheckResponse: CMessage, Equatable {
  package var status: UInt32 = 0

  package init() {}

  static let layout = unsafe MessageLayout<Self>(
    grpc__health__v1__health_check_response__init,
    [
      .choice(\.status, \.status)
    ])
}
