import CHeadroom
import Headroom

/// What can be wrong with a call from C: what Swift's types rule out, and what the Swift layer throws.
enum CallError: Error {
  case nullPointer(name: String)
  case structSize(name: String, found: Int, expected: Int)
  case unknownValue(name: String, found: Int, expected: String)
  case invalidClamp(lower: Double, upper: Double)
  case misaligned(name: String, remainder: Int, alignment: Int)
  case workspaceTooShort(found: Int, expected: Int)
  case headroom(HeadroomError)
}

extension CallError: CustomStringConvertible {
  var description: String {
    switch self {
    case .nullPointer(let name): "\(name) is null: expected a pointer"
    case .structSize(let name, let found, let expected):
      "the size of \(name) is none that this library knows: found \(found), expected \(expected)"
    case .unknownValue(let name, let found, let expected): "\(name) has an unknown value: found \(found), expected \(expected)"
    case .invalidClamp(let lower, let upper): "the clamp is no interval: found \(lower) to \(upper), expected lower <= upper"
    case .misaligned(let name, let remainder, let alignment):
      "\(name) is not aligned: found an address \(remainder) bytes beyond a multiple of \(alignment), expected a multiple"
    case .workspaceTooShort(let found, let expected):
      "the workspace is too short: found \(found) bytes, expected at least \(expected)"
    case .headroom(let error): error.description
    }
  }

  var status: hr_status {
    switch self {
    case .nullPointer: HR_ERROR_NULL_POINTER
    case .structSize: HR_ERROR_STRUCT_SIZE
    case .unknownValue: HR_ERROR_UNKNOWN_VALUE
    case .invalidClamp: HR_ERROR_INVALID_CLAMP
    case .misaligned: HR_ERROR_MISALIGNED
    case .workspaceTooShort: HR_ERROR_BUFFER_TOO_SHORT
    case .headroom(let error): error.status
    }
  }
}

extension HeadroomError {
  package var status: hr_status {
    switch self {
    case .bufferTooShort: HR_ERROR_BUFFER_TOO_SHORT
    case .overlappingElements: HR_ERROR_OVERLAPPING_ELEMENTS
    case .overlappingProducts: HR_ERROR_OVERLAPPING_PRODUCTS
    case .sizeMismatch: HR_ERROR_SIZE_MISMATCH
    case .negativeSize: HR_ERROR_NEGATIVE_SIZE
    case .sizeOverflow: HR_ERROR_SIZE_OVERFLOW
    case .invalidLayout: HR_ERROR_INVALID_LAYOUT
    case .unsupportedTypes: HR_ERROR_UNSUPPORTED_TYPES
    case .typeMismatch: HR_ERROR_TYPE_MISMATCH
    case .invalidThreads: HR_ERROR_INVALID_THREADS
    case .invalidStrassenLevels: HR_ERROR_INVALID_STRASSEN_LEVELS
    case .sizeTooSmall: HR_ERROR_SIZE_TOO_SMALL
    case .groupsDontDivide: HR_ERROR_GROUPS_DONT_DIVIDE
    case .kernelBeyondImage: HR_ERROR_KERNEL_BEYOND_IMAGE
    case .convolutionOverflow: HR_ERROR_CONVOLUTION_OVERFLOW
    case .unsupportedConvolutionTypes: HR_ERROR_UNSUPPORTED_CONVOLUTION_TYPES
    case .wrongPass: HR_ERROR_WRONG_PASS
    case .epilogueOfWeights: HR_ERROR_EPILOGUE_OF_WEIGHTS
    case .invalidBlocking: HR_ERROR_INVALID_BLOCKING
    case .unknownVariant: HR_ERROR_UNKNOWN_VARIANT
    case .unknownMicrokernel: HR_ERROR_UNKNOWN_MICROKERNEL
    case .unknownISA: HR_ERROR_UNKNOWN_ISA
    case .invalidOverride: HR_ERROR_INVALID_OVERRIDE
    case .noCandidate: HR_ERROR_NO_CANDIDATE
    case .packedElsewhere: HR_ERROR_PACKED_ELSEWHERE
    case .packedMismatch: HR_ERROR_PACKED_MISMATCH
    case .damagedPackedOperand: HR_ERROR_DAMAGED_PACKED_OPERAND
    case .outOfMemory: HR_ERROR_OUT_OF_MEMORY
    }
  }
}

extension hr_status {
  var name: StaticString {
    switch self {
    case HR_OK: "HR_OK"
    case HR_ERROR_NULL_POINTER: "HR_ERROR_NULL_POINTER"
    case HR_ERROR_STRUCT_SIZE: "HR_ERROR_STRUCT_SIZE"
    case HR_ERROR_UNKNOWN_VALUE: "HR_ERROR_UNKNOWN_VALUE"
    case HR_ERROR_MISALIGNED: "HR_ERROR_MISALIGNED"
    case HR_ERROR_BUFFER_TOO_SHORT: "HR_ERROR_BUFFER_TOO_SHORT"
    case HR_ERROR_OVERLAPPING_ELEMENTS: "HR_ERROR_OVERLAPPING_ELEMENTS"
    case HR_ERROR_SIZE_MISMATCH: "HR_ERROR_SIZE_MISMATCH"
    case HR_ERROR_NEGATIVE_SIZE: "HR_ERROR_NEGATIVE_SIZE"
    case HR_ERROR_SIZE_OVERFLOW: "HR_ERROR_SIZE_OVERFLOW"
    case HR_ERROR_INVALID_LAYOUT: "HR_ERROR_INVALID_LAYOUT"
    case HR_ERROR_UNSUPPORTED_TYPES: "HR_ERROR_UNSUPPORTED_TYPES"
    case HR_ERROR_TYPE_MISMATCH: "HR_ERROR_TYPE_MISMATCH"
    case HR_ERROR_INVALID_THREADS: "HR_ERROR_INVALID_THREADS"
    case HR_ERROR_SIZE_TOO_SMALL: "HR_ERROR_SIZE_TOO_SMALL"
    case HR_ERROR_GROUPS_DONT_DIVIDE: "HR_ERROR_GROUPS_DONT_DIVIDE"
    case HR_ERROR_KERNEL_BEYOND_IMAGE: "HR_ERROR_KERNEL_BEYOND_IMAGE"
    case HR_ERROR_CONVOLUTION_OVERFLOW: "HR_ERROR_CONVOLUTION_OVERFLOW"
    case HR_ERROR_UNSUPPORTED_CONVOLUTION_TYPES: "HR_ERROR_UNSUPPORTED_CONVOLUTION_TYPES"
    case HR_ERROR_INVALID_BLOCKING: "HR_ERROR_INVALID_BLOCKING"
    case HR_ERROR_UNKNOWN_VARIANT: "HR_ERROR_UNKNOWN_VARIANT"
    case HR_ERROR_UNKNOWN_MICROKERNEL: "HR_ERROR_UNKNOWN_MICROKERNEL"
    case HR_ERROR_UNKNOWN_ISA: "HR_ERROR_UNKNOWN_ISA"
    case HR_ERROR_INVALID_OVERRIDE: "HR_ERROR_INVALID_OVERRIDE"
    case HR_ERROR_NO_CANDIDATE: "HR_ERROR_NO_CANDIDATE"
    case HR_ERROR_OUT_OF_MEMORY: "HR_ERROR_OUT_OF_MEMORY"
    case HR_ERROR_OVERLAPPING_PRODUCTS: "HR_ERROR_OVERLAPPING_PRODUCTS"
    case HR_ERROR_PACKED_ELSEWHERE: "HR_ERROR_PACKED_ELSEWHERE"
    case HR_ERROR_PACKED_MISMATCH: "HR_ERROR_PACKED_MISMATCH"
    case HR_ERROR_DAMAGED_PACKED_OPERAND: "HR_ERROR_DAMAGED_PACKED_OPERAND"
    case HR_ERROR_INVALID_STRASSEN_LEVELS: "HR_ERROR_INVALID_STRASSEN_LEVELS"
    case HR_ERROR_INVALID_CLAMP: "HR_ERROR_INVALID_CLAMP"
    case HR_ERROR_WRONG_PASS: "HR_ERROR_WRONG_PASS"
    case HR_ERROR_EPILOGUE_OF_WEIGHTS: "HR_ERROR_EPILOGUE_OF_WEIGHTS"
    default: "unknown status"
    }
  }
}

extension StaticString {
  /// For C, zero-terminated.
  var characters: UnsafePointer<CChar> { UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self) }
}
