import CasareEngine

/// The node types that documents may name and that this version cannot run. They load, validation warns of them, and
/// reaching one fails with the reason given here.
///
/// The table lists what is known, not what is missing: a type that a family implements wins over its entry here.
enum UnsupportedNodes {
    private struct Group {
        let family: String
        let reason: String
        /// Separated by white space.
        let names: String
    }

    /// Entries for every name in the table that none of the given types goes by.
    static func types(besides implemented: [NodeType]) -> [NodeType] {
        let taken = Set(implemented.flatMap { [$0.name] + $0.aliases })
        return Self.groups.flatMap { group in
            group.names.split(whereSeparator: \.isWhitespace).map(String.init).filter { !taken.contains($0) }.map {
                name in
                NodeType(
                    name, aliases: (Self.aliases[name] ?? []).filter { !taken.contains($0) }, family: group.family,
                    "Known, but not supported. \(group.reason)", .unsupported(reason: group.reason))
            }
        }
    }

    /// Other names in documents.
    private static let aliases: [String: [String]] = [
        "LaunchBrowserNode": ["BrowserLaunchNode"],
        "GoToURLNode": ["BrowserNavigateNode", "NavigateNode"],
        "ExtractTextNode": ["BrowserGetTextNode"],
        "ScreenshotNode": ["BrowserScreenshotNode"],
        "CloseBrowserNode": ["BrowserCloseNode"],
        "OCRExtractTextNode": ["OCRNode"],
        "DriveRemoveShareNode": ["DriveRemovePermissionNode"],
    ]

    private static let groups: [Group] = [
        Group(
            family: "Browser",
            reason: "It needs a browser; browser nodes are not part of this version.",
            names: """
                LaunchBrowserNode CloseBrowserNode NewTabNode GoToURLNode GoBackNode GoForwardNode RefreshPageNode
                ClickElementNode TypeTextNode SelectDropdownNode PressKeyNode ExtractTextNode GetAttributeNode
                ScreenshotNode TableScraperNode BrowserEvaluateNode BrowserRunScriptNode BrowserAlertHandleNode
                CookieManagementNode GetAllImagesNode DownloadFileNode WaitForElementNode WaitForNavigationNode
                FormFieldNode FormFillerNode DetectFormsNode GetCurrentUrlNode GetPageSourceNode VisualFindElementNode
                SmartSelectorNode SmartSelectorOptionsNode RefineSelectorNode DetectCaptchaNode SolveCaptchaNode
                SolveCaptchaAINode VisualFindNode
                """),
        Group(
            family: "Workflows",
            reason: "Use SubflowNode, CallSubworkflowNode or ExecuteWorkflowNode.",
            names: "WorkflowNode"),
        Group(
            family: "PDF",
            reason: "It needs a PDF library; PDF nodes are not part of this version.",
            names: """
                ReadPDFTextNode GetPDFInfoNode MergePDFsNode SplitPDFNode ExtractPDFPagesNode PDFToImagesNode
                """),
        Group(
            family: "Document AI",
            reason: "It needs a language model; such nodes are not part of this version.",
            names: """
                ClassifyDocumentNode ExtractInvoiceNode ExtractFormNode ExtractTableNode ValidateExtractionNode
                """),
        Group(
            family: "Images, QR, OCR",
            reason: "It needs an imaging library; image nodes are not part of this version.",
            names: """
                ImageConvertNode QRCodeNode OCRExtractTextNode CompareImagesNode YOLOFindElementNode ImageClickNode
                """),
        Group(
            family: "Office",
            reason: "It needs Microsoft Office on Windows.",
            names: """
                ExcelOpenNode ExcelReadCellNode ExcelWriteCellNode ExcelGetRangeNode ExcelCloseNode WordOpenNode
                WordGetTextNode WordReplaceTextNode WordCloseNode OutlookSendEmailNode OutlookReadEmailsNode
                OutlookGetInboxCountNode
                """),
        Group(
            family: "Windows applications",
            reason: "It works on windows of Windows programs.",
            names: """
                LaunchApplicationNode CloseApplicationNode ActivateWindowNode GetWindowListNode ResizeWindowNode
                MoveWindowNode MaximizeWindowNode MinimizeWindowNode RestoreWindowNode GetWindowPropertiesNode
                SetWindowStateNode WindowManagementSuperNode WaitForWindowNode FocusWindowNode
                """),
        Group(
            family: "Windows user interface",
            reason: "It works on the user interface of Windows programs.",
            names: """
                FindElementNode DesktopClickElementNode DesktopTypeTextNode GetElementTextNode GetElementPropertyNode
                SelectFromDropdownNode CheckCheckboxNode SelectRadioButtonNode SelectTabNode ExpandTreeItemNode
                ScrollElementNode MoveMouseNode MouseClickNode DragMouseNode GetMousePositionNode SendKeysNode
                SendHotKeyNode DesktopWaitForElementNode VerifyElementExistsNode VerifyElementPropertyNode
                CaptureScreenshotNode CaptureElementImageNode DesktopClickNode
                """),
        Group(
            family: "Dialogs and notifications",
            reason: "It requires an interactive session: robots run without a screen.",
            names: """
                MessageBoxNode ConfirmDialogNode InputDialogNode MultilineInputDialogNode CredentialDialogNode
                FormDialogNode WizardDialogNode FilePickerDialogNode FolderPickerDialogNode ColorPickerDialogNode
                DateTimePickerDialogNode ListPickerDialogNode ProgressDialogNode SplashScreenNode ImagePreviewDialogNode
                TableDialogNode PDFPreviewDialogNode TooltipNode SystemNotificationNode SnackbarNode BalloonTipNode
                AudioAlertNode FilePickerNode FolderPickerNode NotificationNode PreviewDialogNode
                """),
        Group(
            family: "Clipboard, media, input devices",
            reason: "It needs a desktop: robots run without a screen.",
            names: """
                ClipboardCopyNode ClipboardPasteNode ClipboardClearNode ClipboardMonitorNode HotkeyWaitNode BeepNode
                TextToSpeechNode WebcamCaptureNode ScreenRegionPickerNode VolumeControlNode GetClipboardNode
                SetClipboardNode
                """),
        Group(
            family: "Windows services and PowerShell",
            reason: "It needs Windows.",
            names: """
                GetServiceStatusNode StartServiceNode StopServiceNode RestartServiceNode ListServicesNode
                RunPowerShellNode
                """),
        Group(
            family: "Language models",
            reason: "It needs a language model; such nodes are not part of this version.",
            names: """
                LLMCompletionNode LLMChatNode LLMExtractDataNode LLMSummarizeNode LLMClassifyNode LLMTranslateNode
                AIConditionNode AISwitchNode AIDecisionTableNode AIAgentNode PromptTemplateNode ListTemplatesNode
                GetTemplateInfoNode EmbeddingNode VectorStoreAddNode VectorSearchNode RAGNode VectorStoreDeleteNode
                AIRecoveryNode
                """),
        Group(
            family: "Telegram",
            reason: "Telegram nodes are not part of this version.",
            names: """
                TelegramSendMessageNode TelegramSendPhotoNode TelegramSendDocumentNode TelegramSendLocationNode
                TelegramSendMediaGroupNode TelegramEditMessageNode TelegramDeleteMessageNode TelegramAnswerCallbackNode
                TelegramGetUpdatesNode
                """),
        Group(
            family: "WhatsApp",
            reason: "WhatsApp nodes are not part of this version.",
            names: """
                WhatsAppSendMessageNode WhatsAppSendTemplateNode WhatsAppSendImageNode WhatsAppSendDocumentNode
                WhatsAppSendVideoNode WhatsAppSendLocationNode WhatsAppSendInteractiveNode
                """),
        Group(
            family: "Gmail",
            reason: "It needs a Google account; Google nodes are not part of this version.",
            names: """
                GmailSendEmailNode GmailSendWithAttachmentNode GmailCreateDraftNode GmailSendDraftNode
                GmailReplyToEmailNode GmailForwardEmailNode GmailGetEmailNode GmailListEmailsNode GmailSearchEmailsNode
                GmailGetThreadNode GmailGetAttachmentNode GmailModifyLabelsNode GmailAddLabelNode GmailRemoveLabelNode
                GmailGetLabelsNode GmailMarkAsReadNode GmailMarkAsUnreadNode GmailStarEmailNode GmailArchiveEmailNode
                GmailMoveToTrashNode GmailTrashEmailNode GmailDeleteEmailNode GmailBatchSendNode GmailBatchModifyNode
                GmailBatchDeleteNode GmailReadEmailNode SendGmailNode
                """),
        Group(
            family: "Google Sheets",
            reason: "It needs a Google account; Google nodes are not part of this version.",
            names: """
                SheetsGetCellNode SheetsSetCellNode SheetsWriteCellNode SheetsGetRangeNode SheetsWriteRangeNode
                SheetsClearRangeNode SheetsGetRowNode SheetsGetColumnNode SheetsSearchNode SheetsAppendRowNode
                SheetsUpdateRowNode SheetsInsertRowNode SheetsDeleteRowNode SheetsInsertColumnNode
                SheetsDeleteColumnNode SheetsFormatCellsNode SheetsAutoResizeNode SheetsCreateSpreadsheetNode
                SheetsGetSpreadsheetNode SheetsGetSheetInfoNode SheetsAddSheetNode SheetsDeleteSheetNode
                SheetsDuplicateSheetNode SheetsCopySheetNode SheetsRenameSheetNode SheetsBatchUpdateNode
                SheetsBatchGetNode SheetsBatchClearNode ReadGoogleSheetNode WriteGoogleSheetNode
                """),
        Group(
            family: "Google Drive",
            reason: "It needs a Google account; Google nodes are not part of this version.",
            names: """
                DriveUploadFileNode DriveDownloadFileNode DriveDownloadFolderNode DriveBatchDownloadNode
                DriveGetFileNode DriveExportFileNode DriveCopyFileNode DriveMoveFileNode DriveRenameFileNode
                DriveDeleteFileNode DriveCreateFolderNode DriveListFilesNode DriveSearchFilesNode DriveShareFileNode
                DriveRemoveShareNode DriveGetPermissionsNode DriveCreateShareLinkNode DriveBatchDeleteNode
                DriveBatchMoveNode DriveBatchCopyNode
                """),
    ]
}
