// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Functions bear the header's names.

public import CHeadroom
import Glibc

/// Kept for ever.
nonisolated(unsafe) private let version = strdup(HR_VERSION)

@c @implementation
public func hr_version() -> UnsafePointer<CChar>? { UnsafePointer(version) }

@c @implementation
public func hr_status_name(_ status: hr_status) -> UnsafePointer<CChar>? { status.name.characters }

@c @implementation
public func hr_last_error() -> UnsafePointer<CChar>? { LastError.message }
