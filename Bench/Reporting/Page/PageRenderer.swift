#if Tools
  import Mustache

  /// Renders pages with the templates that ship inside the tool.
  package struct PageRenderer: Sendable {
    private let htmlTemplate: MustacheTemplate
    private let markdownTemplate: MustacheTemplate

    package init() throws(ReportingError) {
      htmlTemplate = try Self.template("report.html", PackageResources.report_html_mustache)
      markdownTemplate = try Self.template("report.md", PackageResources.report_md_mustache)
    }

    /// One self-contained file: style and charts are inside, nothing comes from a network.
    package func html(_ page: Page) -> String { htmlTemplate.render(page) }

    package func markdown(_ page: Page) -> String { markdownTemplate.render(page) }

    static func template(_ name: String, _ bytes: [UInt8]) throws(ReportingError) -> MustacheTemplate {
      do {
        return try MustacheTemplate(string: String(decoding: bytes, as: UTF8.self))
      } catch {
        throw .template(name: name, reason: "\(error)")
      }
    }
  }

  extension PageText: MustacheCustomRenderable, MustacheTransformable {
    package var renderText: String { plain }
    package var isNull: Bool { false }

    package func transform(_ name: String) -> Any? {
      name == "markdown" ? markdown : nil
    }
  }
#endif
