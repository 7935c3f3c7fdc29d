"""Sentences about photos, settings, checkpoints, data and rendering."""

MESSAGES: dict[str, tuple[str, str]] = {  # code: (English, Chinese)
    "photo_missing": (
        "The photo {name} cannot be read; check that the file exists and try again.",
        "无法读取照片 {name}，请确认文件存在后重试。",
    ),
    "photo_empty": ("The file is empty; choose another photo.", "文件是空的，请换一张照片。"),
    "photo_not_picture": (
        "This file is not a picture; use a JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF photo.",
        "该文件不是图片，请使用 JPEG、PNG、WebP、AVIF、HEIC、GIF、BMP 或 TIFF 照片。",
    ),
    "photo_broken": (
        "The photo is damaged or incomplete; save or download it again, or choose another.",
        "照片已损坏或不完整，请重新保存或下载，或换一张照片。",
    ),
    "photo_too_heavy": (
        "The file is larger than {limit} MB; save the photo smaller and try again.",
        "文件超过 {limit} MB，请缩小后重试。",
    ),
    "photo_too_large": (
        "The photo has more than {limit} megapixels; make it smaller and try again.",
        "照片超过 {limit} 百万像素，请缩小尺寸后重试。",
    ),
    "photo_too_small": (
        "The photo is only {width}×{height} pixels; use one of at least {limit} pixels a side.",
        "照片只有 {width}×{height} 像素，请使用每边至少 {limit} 像素的照片。",
    ),
    "photos_needed": ("Give both photos: one of a person and one of a garment.", "请同时提供人物和服装两张照片。"),
    "no_examples": (
        "There are no example pictures here; upload a person and a garment instead.",
        "这里没有示例图片，请上传人物和服装照片。",
    ),
    "denoise_range": ("Denoise must lie between 0 and 1, not {value}.", "降噪强度应在 0 到 1 之间，不能是 {value}。"),
    "config_type": ("The setting {key} must be {want}.", "设置项 {key} 的值无效，应为：{want}。"),
    "config_unknown_key": (
        "{kind} has no setting named {key}; remove it or check its spelling.",
        "{kind} 没有名为 {key} 的设置项，请删除或检查拼写。",
    ),
    "data_not_streets": (
        "{folder} is not in the street-photo layout: it needs photos/, labels/, classes.txt, keypoints.json and splits.json.",
        "{folder} 不是街拍数据布局：需要 photos/、labels/、classes.txt、keypoints.json 和 splits.json。",
    ),
    "checkpoint_missing": (
        "{folder} is no checkpoint: it needs config.json and model.safetensors.",
        "{folder} 不是模型目录：需要 config.json 和 model.safetensors。",
    ),
    "checkpoint_config": (
        "config.json in {folder} is not readable JSON; fetch the checkpoint again.",
        "{folder} 中的 config.json 不是有效的 JSON,请重新获取该模型。",
    ),
    "checkpoint_weights": (
        "{file} is damaged or not a safetensors file; fetch the checkpoint again.",
        "{file} 已损坏或不是 safetensors 文件，请重新获取该模型。",
    ),
    "checkpoint_key": (
        "{file} does not fit its config.json: {key} is missing or unexpected.",
        "{file} 与 config.json 不符：{key} 缺失或多余。",
    ),
    "checkpoint_parts": (
        "Nothing gives the weights of {parts}; name their runs too, or a checkpoint to start from with --start.",
        "缺少 {parts} 的权重；请同时指定它们的训练结果，或用 --start 指定起始模型。",
    ),
    "checkpoint_shape": (
        "{file} does not fit its config.json: {key} has shape {found}, expected {want}.",
        "{file} 与 config.json 不符：{key} 的形状为 {found}，应为 {want}。",
    ),
    "checkpoint_nan": (
        "The weights in {folder} hold NaN or infinite numbers; use another checkpoint.",
        "{folder} 中的权重含有 NaN 或无穷值，请换用其他模型。",
    ),
    "category_unknown": (
        "There is no garment category {name}; choose one of {known}.",
        "没有名为 {name} 的服装类别，可选：{known}。",
    ),
    "seed_range": ("The seed must be a whole number from 0 to {limit}.", "种子必须是 0 到 {limit} 之间的整数。"),
    "edit_mask_size": (
        "The mask of what may change is {found} pixels; it must be as large as the person's photo, {want}.",
        "编辑区域掩码为 {found} 像素，必须与人物照片大小一致：{want}。",
    ),
    "garment_mask_size": (
        "The garment's mask is {found} pixels; it must be as large as the garment's photo, {want}.",
        "服装掩码为 {found} 像素，必须与服装照片大小一致：{want}。",
    ),
    "landmark_unknown": (
        "A garment has no landmark named {name}; choose one of {known}.",
        "服装没有名为 {name} 的标志点，可选：{known}。",
    ),
    "landmark_range": (
        "The landmark {name} lies outside the garment's photo; give x and y from 0 to 1.",
        "标志点 {name} 在服装照片之外；x 和 y 应在 0 到 1 之间。",
    ),
    "landmark_form": (
        "{item} is not of the form NAME=X,Y; write for example --landmark hem_left=0.7,0.9.",
        "{item} 不是 NAME=X,Y 的形式，例如 --landmark hem_left=0.7,0.9。",
    ),
    "nothing_painted": ("Paint something first, then apply.", "请先涂抹，再点击应用。"),
    "light_range": ("Light must lie between 0 and 1, not {value}.", "光线匹配应在 0 到 1 之间，不能是 {value}。"),
    "person_none": (
        "No person was found in this photo; use one that shows somebody from head to hips, facing the camera.",
        "照片中没有找到人物；请使用从头到臀、正面朝向镜头的人物照片。",
    ),
    "person_small": (
        "The person is small in this photo; crop it closer for a sharper result.",
        "人物在照片中太小；请裁近一些以获得更清晰的效果。",
    ),
    "person_several": (
        "There seems to be more than one person; crop the photo to the one who tries on.",
        "照片中似乎不止一人；请裁剪到试穿者本人。",
    ),
    "person_turned": (
        "The person seems to lie on their side; if the photo was taken upright, turn it for a better result.",
        "照片中的人物似乎是横着的；若拍摄时是竖直的，请先旋转照片以获得更好的效果。",
    ),
    "person_head": (
        "No face can be made out; a front view of one person from head to hips works best.",
        "看不清面部；从头到臀的单人正面照效果最好。",
    ),
    "person_back": (
        "This looks like a back view; garments are put on from the front, so use a front view.",
        "这似乎是背面照；请使用正面照片。",
    ),
    "person_hips": (
        "The hips are out of the picture; the garment's hem will be guessed. A photo down to the hips works best.",
        "臀部不在画面内，衣服下摆只能估计；拍到臀部以下效果最好。",
    ),
    "person_sits": (
        "This person sits or draws up a leg: tops go on as ever, trousers, skirts and dresses only roughly. For these use a "
        "photo of somebody who stands.",
        "照片中的人坐着或抬起了腿：上装不受影响，裤子、裙子和连衣裙的效果会较差；试穿这些请使用站立的照片。",
    ),
    "nothing_changed": (
        "Nothing was changed: what this garment covers is not in the person's photo; use one that shows more of them.",
        "照片没有变化：这件衣服所覆盖的部位不在人物照片中；请使用拍到更多身体的照片。",
    ),
    "photo_dark": (
        "This photo is very dark; brighten it or take it in better light.",
        "照片太暗；请调亮或在更好的光线下拍摄。",
    ),
    "photo_blurred": ("This photo is blurred; use a sharper one.", "照片模糊；请使用更清晰的照片。"),
    "garment_none": (
        "No garment was found in this photo; show one garment, whole and spread out, on a plain ground.",
        "照片中没有找到服装；请把一件衣服完整平铺在纯色背景上拍摄。",
    ),
    "garment_worn": (
        "This photo shows a person; the top or dress they wear is tried on, or, with the category bottom (lower), what they "
        "wear on their legs. A photo of the garment alone works best.",
        "这张照片里有人；将试穿其身上的上衣或连衣裙，若类别选择下装，则试穿其下装。只拍衣服的照片效果最好。",
    ),
    "garment_worn_lower": (
        "This photo shows a person; what they wear on their legs is tried on. A photo of the garment alone works best.",
        "这张照片里有人；将试穿其身上的下装。只拍衣服的照片效果最好。",
    ),
    "garment_several": (
        "There seems to be more than one garment; the largest is tried on, or the one of the category you choose.",
        "照片中似乎不止一件衣服；将试穿最大的一件，或您所选类别的那一件。",
    ),
    "garment_unsure": (
        "What garment this is can hardly be made out; if the result looks wrong, spread it out on a plain ground, neck or "
        "waist at the top, and photograph it from above.",
        "难以看清这是什么衣服；若效果不对，请把衣服平铺在纯色背景上，领口或腰部朝上，从正上方拍摄。",
    ),
    "garment_category": (
        "This garment looks like {likely}, but {chosen} is chosen; set the category to auto if the result looks wrong.",
        "这件衣服像是 {likely}，但选择了 {chosen}；若效果不对，请把类别设为自动。",
    ),
    "garment_cut": (
        "The garment is cut off at the photo's edge; show it whole.",
        "衣服被照片边缘截断；请拍下整件衣服。",
    ),
    "garment_turned": (
        "The garment seems to lie on its side and was turned; if that is wrong, give a photo with its neck or waist at the top.",
        "衣服似乎是横着拍的，已自动转正；若转错了，请换一张领口或腰部朝上的照片。",
    ),
    "garment_missing": ("Give a garment's photo too, with --garment.", "请用 --garment 同时给出服装照片。"),
    "pairs_unreadable": ("{file} cannot be read as a CSV file in UTF-8.", "{file} 无法作为 UTF-8 的 CSV 文件读取。"),
    "pairs_columns": (
        "{file} needs a header with the columns person and garment, and at least one row.",
        "{file} 需要包含 person 和 garment 两列的表头，并至少有一行。",
    ),
    "folder_unwritable": (
        "The folder {folder} cannot be made or written; choose another.",
        "无法创建或写入文件夹 {folder}，请换一个。",
    ),
    "set_form": (
        "{item} is not of the form key=value; write for example --set lr=0.001.",
        "{item} 不是 key=value 的形式，例如 --set lr=0.001。",
    ),
    "data_not_wardrobe": (
        "{folder} holds no readable garment photos: it needs labels.csv (columns image, label) and the photos it names.",
        "{folder} 中没有可读的服装照片：需要 labels.csv(列 image、label)及其中列出的照片。",
    ),
    "recipe_unknown": (
        "There is no recipe named {name}; choose one of {known}.",
        "没有名为 {name} 的训练方案，可选：{known}。",
    ),
    "setting_unknown": (
        "There is no setting named {key}; choose from {known}.",
        "没有名为 {key} 的设置项，可选：{known}。",
    ),
    "setting_value": (
        "The setting {key} cannot be {value}; give a value of type {kind}.",
        "设置项 {key} 不能为 {value}，请给出 {kind} 类型的值。",
    ),
    "run_exists": (
        "{folder} already holds a run; add --resume to go on with it, or choose another folder.",
        "{folder} 中已有训练记录；加 --resume 继续，或换一个文件夹。",
    ),
    "run_missing": (
        "{folder} holds no run to resume; leave out --resume.",
        "{folder} 中没有可继续的训练；请去掉 --resume。",
    ),
    "world_count": (
        "The number of people must be from 1 to {limit}, not {count}.",
        "人物数量应为 1 到 {limit}，不能是 {count}。",
    ),
    "world_seed": (
        "The seed must be a whole number from 0 up, not {seed}.",
        "种子必须是不小于 0 的整数，不能是 {seed}。",
    ),
    "world_folder": (
        "{folder} already holds other things; choose a new or empty folder.",
        "{folder} 中已有其他内容，请换一个新的或空的文件夹。",
    ),
    "world_other": (
        "{folder} holds a rendered set begun with other settings; use those again, or choose another folder.",
        "{folder} 中的渲染数据是用其他设置生成的；请使用相同设置，或换一个文件夹。",
    ),
    "world_write": (
        "{folder} cannot be written ({reason}); choose another folder.",
        "无法写入 {folder}({reason}),请换一个文件夹。",
    ),
}
