// The messages of `grpc.health.v1.Health`, as in proto/grpc/health/v1/health.proto.

internal import CTokendProto

/// `grpc.health.v1.HealthCheckRequest`.
package struct HealthCheckRequest: @unsafe CMessage, Equatable {
  package var service: String = ""

  package init() {}

  static func empty() -> Grpc__Health__V1__HealthCheckRequest {
    var raw = unsafe Grpc__Health__V1__HealthCheckRequest()
    unsafe grpc__health__v1__health_check_request__init(&raw)
    return unsafe raw
  }

  init(_ raw: Grpc__Health__V1__HealthCheckRequest) {
    service = unsafe text(raw.service)
  }

  func fill(_ raw: inout Grpc__Health__V1__HealthCheckRequest, _ memory: Memory) {
    unsafe raw.service = memory.text(service)
  }
}

/// `grpc.health.v1.HealthCheckResponse`.
package struct HealthCheckResponse: @unsafe CMessage, Equatable {
  package var status: UInt32 = 0

  package init() {}

  static func empty() -> Grpc__Health__V1__HealthCheckResponse {
    var raw = unsafe Grpc__Health__V1__HealthCheckResponse()
    unsafe grpc__health__v1__health_check_response__init(&raw)
    return unsafe raw
  }

  init(_ raw: Grpc__Health__V1__HealthCheckResponse) {
    status = unsafe UInt32(bitPattern: Int32(truncatingIfNeeded: raw.status.rawValue))
  }

  func fill(_ raw: inout Grpc__Health__V1__HealthCheckResponse, _ memory: Memory) {
    unsafe raw.status = .init(rawValue: .init(truncatingIfNeeded: status))
  }
}
