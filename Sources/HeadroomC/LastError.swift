import CHeadroom
import Glibc
import Headroom

/// The message of each thread's last call that failed: memory of `strdup`, freed with the thread.
enum LastError {
  /// `nil` when the process has no key left: then there are no messages.
  private static let key: pthread_key_t? = {
    var key = pthread_key_t()
    return pthread_key_create(&key, free) == 0 ? key : nil
  }()

  static var message: UnsafePointer<CChar> {
    guard let key, let text = pthread_getspecific(key) else { return ("" as StaticString).characters }
    return UnsafePointer(text.assumingMemoryBound(to: CChar.self))
  }

  static func record(_ error: CallError) {
    guard let key else { return }
    let last = pthread_getspecific(key)
    let text = strdup(error.description)
    if pthread_setspecific(key, text) == 0 { free(last) } else { free(text) }
  }
}

/// Runs the body of a C function; what it throws becomes a status and this thread's last error.
@inline(__always)
func status(_ body: () throws(CallError) -> Void) -> hr_status {
  do throws(CallError) {
    try body()
    return HR_OK
  } catch {
    LastError.record(error)
    return error.status
  }
}

/// Runs what throws as Swift does.
@inline(__always)
func headroom<Value>(_ body: () throws(HeadroomError) -> Value) throws(CallError) -> Value {
  do throws(HeadroomError) {
    return try body()
  } catch {
    throw .headroom(error)
  }
}
